import { createHmac, randomUUID } from 'node:crypto'
import {
  type Action,
  mainAlone,
  type Pod,
  type Principal,
  type RawEvent,
  type Role,
  withoutInterval,
} from '@surety/contract'
import { customerOps } from '@surety/pod-customer-ops'
import { table } from '@surety/pod-table'
import type { AuditEntry } from '../../../store/audit.ts'
import { emptyBatch } from '../../../store/batch-rows.ts'
import type { Database } from '../../../store/db.ts'
import type { InboxRow } from '../../../store/inbox.ts'
import { ensurePartitions } from '../../../store/partitions.ts'
import { decisionTexts } from '../../../store/receipt-record.ts'
import { recordStatement } from '../../../store/record-batch.ts'
import type { InboxDeps } from '../deps.ts'
import { inbox } from '../inbox.ts'

/** Writes decided cases through the line's own statement, so that tests read what the line really wrote. */
export interface QueuedCase {
  readonly id: string
  readonly at: Date
  readonly tenant?: string
  readonly pod?: Pod
  readonly side?: 'act' | 'clear'
  /** What the decision ended as; default: asked. */
  readonly done?: boolean
  readonly probability?: number | null
  readonly reason?: string
  readonly urgency?: 0 | 1 | 2
  readonly unlocks?: boolean
  readonly blinded?: boolean
  /** Default: after all that is drawn. */
  readonly draw?: number
  readonly audit?: boolean
  readonly dueMinutes?: number
  readonly expiresDays?: number
}

const minuteMs = 60_000

export async function queueCases(db: Database, cases: readonly QueuedCase[]): Promise<void> {
  const times = cases.map(one => one.at.getTime())
  const [first, last] = [new Date(Math.min(...times)), new Date(Math.max(...times))]
  await db.transaction([], handle => ensurePartitions(handle, first, last))
  const tenants = [...new Set(cases.map(tenantOf))]
  const batch = {
    ...emptyBatch,
    keys: cases.map(one => ({
      ...idsOf(one),
      kind: askingKind(podOf(one)),
      payloadHash: Buffer.alloc(16),
      decisionId: decisionId(one.id),
      caseKinds: null,
    })),
    events: cases.map(one => ({
      ...idsOf(one),
      kind: askingKind(podOf(one)),
      payload: JSON.stringify({ details: `about ${one.id}` }),
      pii: null,
      sealed: null,
      search: null,
    })),
    decisions: cases.map(one => ({ ...decisionOf(one), latencyUs: 1, texts: decisionTexts(decisionOf(one)) })),
    acts: cases
      .filter(one => one.done && actionOf(one).certified.state === 'acted')
      .map(one => ({
        ...idsOf(one),
        decisionId: decisionId(one.id),
        action: actionOf(one).name,
        step: 0,
        token: 0,
        notBefore: one.at,
      })),
    inbox: cases.map(inboxRow),
  }
  const { rowCount } = await db.transaction(tenants, handle => handle.query(recordStatement(batch)))
  if (rowCount !== 0) throw new Error('the line would have refused these cases')
}

const tenantOf = (one: QueuedCase): string => one.tenant ?? 'acme'
const podOf = (one: QueuedCase): Pod => one.pod ?? customerOps
const actionOf = (one: QueuedCase): Action => podOf(one).questions[0].actions[one.side ?? 'act']!
const askingKind = (pod: Pod): string => pod.questions[0].on[0]!

const idsOf = (one: QueuedCase) => ({
  tenant: tenantOf(one),
  eventId: one.id,
  caseId: one.id,
  pod: podOf(one).name,
  occurredAt: one.at,
  recordedAt: one.at,
})

const made = new Map<string, string>()

/** The same for the same case. */
export function decisionId(caseId: string): string {
  const known = made.get(caseId) ?? randomUUID()
  made.set(caseId, known)
  return known
}

function decisionOf(one: QueuedCase) {
  const action = actionOf(one)
  const end = one.done
    ? action.certified
    : { state: 'queued' as const, reason: (one.audit ? 'blind_audit' : (one.reason ?? 'not_certified')) as 'uncertain' }
  return {
    ...mainAlone,
    id: decisionId(one.id),
    ...idsOf(one),
    subject: one.id,
    schemaHash: 'schema',
    features: [],
    enrichment: { urgency: 'medium' },
    score: { probability: one.probability ?? null, modelVersion: 1, modelDigest: 'digest', notes: [] },
    interval: withoutInterval('no_calibration'),
    policyVersion: 0,
    threshold: 0.7,
    action: action.name,
    mode: 'acting' as const,
    gate: 'certified' as const,
    automatic: one.done ?? false,
    propensity: one.audit ? 0.02 : 1,
    ...end,
    certificate: null,
    audited: one.audit ?? false,
  }
}

function inboxRow(one: QueuedCase): InboxRow {
  const { state: _state, reason } = decisionOf(one)
  return {
    ...idsOf(one),
    decisionId: decisionId(one.id),
    action: actionOf(one).name,
    urgency: one.urgency ?? 1,
    dueAt: new Date(one.at.getTime() + (one.dueMinutes ?? 240) * minuteMs),
    expiresAt: new Date(one.at.getTime() + (one.expiresDays ?? 7) * 1440 * minuteMs),
    unlocks: one.unlocks ?? false,
    probability: one.probability ?? null,
    reason,
    audit: one.audit ?? false,
    blinded: one.blinded ?? false,
    draw: one.draw ?? 1,
    others: null,
  }
}

export function actorOf(keyId: string, role: Role = 'operator', tenant = 'acme'): Principal {
  return { kind: 'key', keyId, tenant, role, name: keyId, limits: {} }
}

/** The slice on a clock of the test's own; outcomes are written at once, as the line would. */
export function openTestInbox(db: Database, clock: { now: Date }) {
  const reported: RawEvent[] = []
  const audited: AuditEntry[] = []
  const counted: unknown[][] = []
  const deps: InboxDeps = {
    db,
    pods: [customerOps, table],
    now: () => clock.now,
    uuid: randomUUID,
    async report(events) {
      reported.push(...events)
      for (const event of events) await writeOutcome(db, event, clock.now)
      return events.map(event => ({
        status: 'recorded',
        kind: event.kind,
        eventId: event.eventId!,
        caseId: '',
        recordedAt: clock.now,
        decision: null,
        decisions: [],
        outcome: null,
        ignored: [],
      }))
    },
    redact: async (_tenant, text) => text.replaceAll(/\d{3}-\d{4}/g, '[PHONE]'),
    previewKey: tenant => createHmac('sha256', 'test').update(tenant).digest(),
    async audit(_db, entry) {
      audited.push(entry)
    },
    count: {
      answered: (...words) => void counted.push(words),
      hurried: () => void counted.push(['hurried']),
    },
  }
  return { service: inbox(deps), deps, reported, audited, counted }
}

export async function writeOutcome(db: Database, event: RawEvent, at: Date): Promise<void> {
  const pod = [customerOps, table].find(candidate => Object.hasOwn(candidate.kinds, event.kind))!
  const read = pod.kinds[event.kind]!.read(event.data, { now: at, settings: pod.defaultSettings })
  if (!read.ok) throw new Error(JSON.stringify(read))
  const { caseId = '', outcome } = read.event
  await db.transaction([], handle => ensurePartitions(handle, at, at))
  await db.transaction([event.tenant], handle =>
    handle.query(
      `insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, quality, occurred_at, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
      [
        event.tenant,
        event.eventId ?? randomUUID(),
        pod.name,
        caseId,
        outcome!.outcome,
        outcome!.label,
        outcome!.source,
        event.quality ?? 'human',
        at,
      ],
    ),
  )
}
