import assert from 'node:assert/strict'
import { runDirectly } from '../../packages/server/src/runtime/run-task.ts'
import type { Process } from './process.ts'

export const tenant = 'acme'

/** What callers were told: it has to be there whatever dies afterwards. */
export interface Told {
  /** By event id: the case and its decision. */
  readonly leads: Map<string, { readonly caseId: string; readonly decision: string }>
  /** Events without a case of their own. */
  readonly events: Set<string>
  /** Cases that a person answered. */
  readonly answers: Set<string>
  /** Reasons of changes of the mode. */
  readonly changes: Set<string>
  /** Cases whose person was erased. */
  readonly erased: Set<string>
}

export const nothingTold = (): Told => ({
  leads: new Map(),
  events: new Set(),
  answers: new Set(),
  changes: new Set(),
  erased: new Set(),
})

/** Something that users or the clock make the service do; done again from its beginning when the process died. */
export interface Chore {
  readonly name: string
  /** @param turn makes ids that are the same when it is done again */
  run(process: Process, turn: string, told: Told): Promise<void>
}

/** A caller that is told nothing, or that storage is away, sends again later. */
async function acknowledged(process: Process, method: string, path: string, body?: unknown) {
  const answer = await process.call(method, path, body)
  assert.ok(answer.status < 400, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.data)}`)
  return answer.data
}

const lead = (id: string, details = 'an estimate') => ({
  event_id: id,
  type: 'lead.created',
  occurred_at: new Date().toISOString(),
  data: { external_id: id, name: 'Jane Doe', email: 'jane@example.com', details: `${details} ${id}` },
})

/** Once for each turn, so that a second try sends the same bytes. */
const sent = new Map<string, unknown>()
function once<T>(key: string, make: () => T): T {
  if (!sent.has(key)) sent.set(key, make())
  return sent.get(key) as T
}

async function leads(process: Process, turn: string, told: Told): Promise<void> {
  const body = once(`${turn}/leads`, () => Array.from({ length: 5 }, (_, i) => lead(`${turn}-${i}`)))
  const { items } = await acknowledged(process, 'POST', '/v1/events', body)
  for (const [i, item] of items.entries()) {
    assert.ok(['recorded', 'duplicate'].includes(item.status), JSON.stringify(item))
    told.leads.set(body[i]!.event_id, { caseId: item.case_id, decision: item.decision.id })
  }
  const single = once(`${turn}/single`, () => lead(`${turn}-single`).data)
  const { lead_id, decision } = await acknowledged(process, 'POST', '/v1/lead', single)
  const before = told.leads.get(`${turn}-single`)
  assert.ok(before === undefined || before.decision === decision.id, 'a lead that is sent again keeps its decision')
  told.leads.set(`${turn}-single`, { caseId: lead_id, decision: decision.id })
}

/** A message, good news, and both in one request with a new lead. */
async function afterwards(process: Process, turn: string, told: Told): Promise<void> {
  await leads(process, turn, told)
  const [first, second] = [told.leads.get(`${turn}-0`)!, told.leads.get(`${turn}-1`)!]
  const body = once(`${turn}/more`, () => [
    {
      event_id: `${turn}-message`,
      type: 'message.received',
      occurred_at: new Date().toISOString(),
      data: { lead_id: first.caseId, role: 'user', text: 'any news?', channel: 'email' },
    },
    {
      event_id: `${turn}-outcome`,
      type: 'lead.outcome',
      occurred_at: new Date().toISOString(),
      data: { lead_id: second.caseId, outcome: 'booked' },
    },
    lead(`${turn}-late`),
  ])
  const { items } = await acknowledged(process, 'POST', '/v1/events', body)
  for (const item of items) assert.ok(['recorded', 'duplicate'].includes(item.status), JSON.stringify(item))
  told.events.add(`${turn}-message`).add(`${turn}-outcome`)
  told.leads.set(`${turn}-late`, { caseId: items[2].case_id, decision: items[2].decision.id })
}

const long =
  'one that says much of what is wanted, and of the house, and of the roof, and nothing of when, or of what it may cost'

async function inbox(process: Process, turn: string, told: Told): Promise<void> {
  const unsure = once(`${turn}/unsure`, () => [lead(`${turn}-ask`, long), lead(`${turn}-too`, long)])
  const { items } = await acknowledged(process, 'POST', '/v1/events', unsure)
  for (const [i, item] of items.entries())
    told.leads.set(unsure[i]!.event_id, { caseId: item.case_id, decision: item.decision.id })
  const next = await process.call('POST', '/v1/inbox/next', {})
  assert.equal(next.status, 200, JSON.stringify(next))
  if (next.data.case === null) return
  const { case: held, lease_token } = next.data
  const answer = await process.call('POST', `/v1/inbox/${held.case_id}/answer`, { answer: 'decline', lease_token })
  // Answered by the try before this one, of which nobody heard.
  if (answer.status === 409) return
  assert.equal(answer.status, 200, JSON.stringify(answer))
  told.answers.add(held.case_id)
}

async function modes(process: Process, turn: string, told: Told): Promise<void> {
  for (const mode of ['stopped', 'acting']) {
    const reason = `${turn} ${mode}`
    await acknowledged(process, 'POST', '/ops/mode', { pod: 'customer-ops', action: 'skip_followup', mode, reason })
    told.changes.add(reason)
  }
}

/** Acts of what was decided, as the loop of a process performs them. */
async function acts(process: Process, turn: string, told: Told): Promise<void> {
  await leads(process, turn, told)
  await process.app.performAll(tenant, new Date())
}

/** A person comes, is acted on, and is erased. */
async function erasure(process: Process, turn: string, told: Told): Promise<void> {
  const id = `${turn}-gone`
  const body = once(`${turn}/gone`, () => [lead(id)])
  const { items } = await acknowledged(process, 'POST', '/v1/events', body)
  const [item] = items
  // Erased by the try before this one, of which nobody heard: then it brings nobody back.
  if (item.status === 'rejected') assert.equal(item.code, 'record_expired')
  else told.leads.set(id, { caseId: item.case_id, decision: item.decision.id })
  await process.app.performAll(tenant, new Date())
  const { caseId } = told.leads.get(id)!
  await acknowledged(process, 'DELETE', `/v1/lead/${caseId}?reason=letter`)
  told.erased.add(caseId)
  told.leads.delete(id)
}

const doors: readonly Chore[] = [
  { name: 'leads', run: leads },
  { name: 'messages and outcomes', run: afterwards },
  { name: 'inbox', run: inbox },
  { name: 'modes', run: modes },
  { name: 'acts', run: acts },
  { name: 'erasure', run: erasure },
]

/** Doors, and each task that recurs. @param process any one, for the names of the tasks */
export function choresOf(process: Process): readonly Chore[] {
  const tasks = process.app.recurs.map(({ name }) => ({
    name,
    async run({ app }: Process) {
      const task = app.recurs.find(one => one.name === name)!
      await runDirectly(task, new Date(), async () => [tenant])
    },
  }))
  return [...doors, ...tasks]
}
