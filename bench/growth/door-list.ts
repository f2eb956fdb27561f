import type { routes } from '@surety/contract'
import { lead } from '../line/requests.ts'
import type { Service } from './service.ts'

type RouteName = keyof typeof routes

/** One request to a route. */
interface Request {
  /** Where the path of the route has parameters or a query follows. */
  readonly path?: string
  readonly body?: unknown
}

export interface Door {
  readonly route: RouteName
  /** Where a route is asked in several ways. */
  readonly what?: string
  readonly times?: number
  /** What is sent the n-th time; what must be there for it is made first and is not timed. */
  request?(n: number): Request | Promise<Request>
}

const noRules = 'what rules found, and no pod that is served has rules'
const noKinds = 'reference data, of which no pod that is served declares a kind'

/** Routes that nobody is kept waiting by as history grows, and why. */
export const leftOut: { readonly [route in RouteName]?: string } = {
  reloadModel: 'asked as the service is opened; reads the models of one pod',
  rollbackModel: 'reads the models of one pod',
  retrain: 'is the job nightly-retrain',
  retrainQuestion: 'is the job nightly-retrain',
  activateModel: 'reads the models of one question',
  rollbackQuestion: 'reads the models of one question',
  getModelScope: 'is known already',
  putModelScope: 'is the job nightly-retrain, and one row a change',
  getModel: 'reads one model',
  getModelCard: 'reads one model and those before it',
  getModelVerdict: 'reads one model',
  acceptCertificate: 'changes one row, found by its key',
  acceptImport: 'is asked once for a history, and reads that of one key',
  rearmAction: 'reads what the certificates job reads, of one action',
  restartAttempts: 'answers that there is nothing to begin anew',
  runTask: 'one row a task',
  pauseTask: 'one row a task',
  resumeTask: 'one row a task',
  scheduleTask: 'one row a task',
  putSettings: 'one row a version of a setting',
  changeSettings: 'one row a version of a setting',
  createKey: 'one row a key',
  changeKey: 'one row a key',
  rotateKey: 'one row a key',
  deleteKey: 'one row a key',
  listFindings: noRules,
  listAlerts: noRules,
  getAlert: noRules,
  listEntityKinds: noKinds,
  listEntities: noKinds,
  createEntity: noKinds,
  exportEntities: noKinds,
  importEntities: noKinds,
  getEntity: noKinds,
  replaceEntity: noKinds,
  endEntity: noKinds,
  entityHistory: noKinds,
  health: 'asks nothing of the database',
  ready: 'reads no table',
  docs: 'asks nothing of the database',
  openApiDocument: 'asks nothing of the database',
}

/** What is there to be asked about: a lead with its decision, and more of them, newest first. */
export interface Known {
  readonly leads: readonly string[]
  readonly decision: string
}

/** Every other route, those that change what the rest would find behind them. */
export function doorsOf(service: Service, { leads, decision }: Known): readonly Door[] {
  const [newest = ''] = leads
  const of = (n: number): string => leads[n % leads.length] ?? ''
  const lease = async (): Promise<{ readonly at: string; readonly lease_token: string }> => {
    const { body } = await service.call('POST', '/v1/inbox/next', {})
    const { data } = JSON.parse(body) as { data: { case: { case_id: string } | null; lease_token: string | null } }
    if (data.case === null || data.lease_token === null) throw new Error('nothing waits in the inbox')
    return { at: `/v1/inbox/${data.case.case_id}`, lease_token: data.lease_token }
  }
  const leased = async (verb: string, more: object = {}): Promise<Request> => {
    const { at, lease_token } = await lease()
    return { path: `${at}/${verb}`, body: { lease_token, ...more } }
  }
  const answered = async (): Promise<Request> => {
    const { at, lease_token } = await lease()
    const answer = await service.call('POST', `${at}/answer`, { answer: 'decline', lease_token })
    if (answer.status !== 200) throw new Error(`an answer: ${answer.body}`)
    return { path: `${at}/undo` }
  }
  const reason = 'as the bench asks'
  const bulk = { pod: 'customer-ops', query: {}, answer: 'decline', reason }
  const applied = async (): Promise<Request> => {
    const { body } = await service.call('POST', '/v1/inbox/bulk', bulk)
    const { preview_token } = (JSON.parse(body) as { data: { preview_token: string | null } }).data
    return { body: { ...bulk, preview_token } }
  }
  return [
    { route: 'createLead', times: 50, request: () => ({ body: lead(1) }) },
    { route: 'recordEvents', times: 10, request: n => ({ body: events(n) }) },
    { route: 'preview', request: () => ({ body: { details: lead(1).details } }) },
    { route: 'listLeads', request: () => ({ path: '/v1/lead?limit=50' }) },
    { route: 'getLead', request: () => ({ path: `/v1/lead/${newest}` }) },
    { route: 'leadHistory', request: () => ({ path: `/v1/lead/${newest}/history` }) },
    {
      route: 'revealContact',
      request: () => ({ path: `/v1/lead/${newest}/reveal`, body: { field: 'phone', reason } }),
    },
    { route: 'explainDecision', request: () => ({ path: `/v1/decisions/${decision}/explain` }) },
    { route: 'listInbox' },
    { route: 'nextInInbox', request: () => ({ body: {} }) },
    { route: 'search', what: 'a common word', times: 10, request: () => ({ path: '/v1/search?q=kitchen' }) },
    {
      route: 'search',
      what: 'an e-mail',
      times: 10,
      request: () => ({ path: '/v1/search?q=ada.ardenden.77@example.invalid' }),
    },
    { route: 'outcomeAnalytics' },
    { route: 'exportOutcomes', times: 3, request: () => ({ path: '/ops/export/outcomes.csv?limit=1000' }) },
    { route: 'listOutbox' },
    { route: 'modelStatus' },
    { route: 'modelCard' },
    { route: 'listModels' },
    { route: 'getAutonomy' },
    { route: 'getLabels' },
    { route: 'getCertificate', request: () => ({ path: '/ops/certificates/00000000-0000-4000-8000-000000000000' }) },
    { route: 'getCalibration' },
    { route: 'listTasks' },
    { route: 'getSettings', request: () => ({ path: '/ops/settings/policy' }) },
    { route: 'listKeys' },
    { route: 'metrics' },
    {
      route: 'addMessage',
      request: n => ({ path: `/v1/lead/${of(n)}/messages`, body: { role: 'user', text: 'hello' } }),
    },
    { route: 'reportOutcome', request: n => ({ path: `/v1/lead/${of(n)}/outcome`, body: { outcome: 'qualified' } }) },
    { route: 'extendLease', times: 10, request: () => leased('extend') },
    { route: 'releaseCase', times: 10, request: () => leased('release') },
    { route: 'answerCase', times: 10, request: () => leased('answer', { answer: 'decline' }) },
    { route: 'undoAnswer', times: 5, request: answered },
    { route: 'bulkAnswer', what: 'a preview', times: 5, request: () => ({ body: bulk }) },
    { route: 'bulkAnswer', what: 'applied', times: 2, request: applied },
    { route: 'requestReview', request: n => ({ path: `/v1/lead/${of(n)}/review-request`, body: { reason } }) },
    { route: 'eraseLead', times: 10, request: n => ({ path: `/v1/lead/${of(n + 50)}?reason=bench` }) },
    { route: 'eraseCase', times: 10, request: n => ({ path: `/v1/cases/customer-ops/${of(n + 70)}?reason=bench` }) },
    { route: 'cancelFollowups', request: n => ({ path: `/v1/lead/${of(n)}/followups/cancel`, body: { reason } }) },
    { route: 'postCalibration', times: 2, request: () => ({ body: predictions }) },
    { route: 'setMode', times: 5, request: () => ({ body: { action: '*', mode: 'stopped', reason } }) },
  ]
}

const events = (n: number) =>
  Array.from({ length: 100 }, (_, k) => ({
    event_id: `bench-${n}-${k}`,
    type: 'lead.created',
    occurred_at: new Date().toISOString(),
    source: 'bench',
    data: lead(100 * n + k),
  }))

const predictions = {
  prediction: Array.from({ length: 100 }, (_, k) => (k + 0.5) / 100),
  actual: Array.from({ length: 100 }, (_, k) => (k % 3 === 0 ? 1 : 0)),
}
