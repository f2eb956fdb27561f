import { randomBytes } from 'node:crypto'
import type { EventResult, Pod, RawEvent } from '@surety/contract'
import { Registry } from 'prom-client'
import { type Core, type CoreOptions, openCore } from '../app/core.ts'
import { acts } from '../manage/acts/acts.ts'
import { type OpenActs, openActs } from '../manage/acts/open-acts.ts'
import { readCursor, writeCursor } from '../manage/cases/cursor.ts'
import { act } from '../pipeline/act/act.ts'
import { randomIds } from '../pipeline/ids.ts'
import { createLater } from '../pipeline/later.ts'
import { installed, podNamed } from '../pods.ts'
import { wallClock } from '../runtime/clock.ts'
import type { Context } from '../runtime/context.ts'
import { createEvents } from '../runtime/events.ts'
import { every } from '../runtime/loop.ts'
import { addApprovedActs } from '../store/acts.ts'
import { decisionStates } from '../store/case-state.ts'
import type { Database, Db } from '../store/db.ts'
import { touchCase } from '../store/fences.ts'
import type { TestDatabase } from '../store/test-database.ts'
import { addTransitions } from '../store/transitions.ts'

/** A line whose model is sure of every lead, for a tenant that lets the machine act by the plain rule. */
export async function openActingCore(
  database: TestDatabase,
  now: () => Date,
  more: Partial<CoreOptions> = {},
): Promise<Core> {
  return openCore({
    db: database.db,
    secrets: { dataKeys: [randomBytes(32)], piiRoot: randomBytes(32) },
    ids: randomIds(),
    monotonicMs: () => performance.now(),
    now,
    enrichment: true,
    serving: () => ({ version: 1, digest: 'd', score: () => ({ probability: 0.9, notes: [], cannot: null }) }),
    onError(error) {
      throw error
    },
    ...more,
  })
}

/** Lets the machine write to leads by the plain rule; without a cap as often as there are leads. */
export async function letAct(db: Database, tenant: string, capPerHour: number | null = null): Promise<void> {
  await db.transaction([tenant], async handle => {
    await handle.query(
      `insert into settings (tenant_id, pod, name, version, value, recorded_at, actor) values
        ($1, 'customer-ops', 'autonomy', 1, $2, now(), 'test')`,
      [tenant, JSON.stringify({ actions: { start_followup: { cap_per_hour: capPerHour } } })],
    )
    await setMode(handle, tenant, 'acting')
  })
}

/** As an operator's change does it: the mode, the epoch and the notice in one transaction. */
export async function setMode(db: Db, tenant: string, mode: string, more = 'suspended_at = null'): Promise<void> {
  await db.query(
    `insert into action_states (tenant_id, pod, action, mode, gate, changed_at, changed_by, reason)
      values ($1, 'customer-ops', 'start_followup', $2, 'threshold', now(), 'test', 'test')
      on conflict (tenant_id, pod, question, action) do update set mode = excluded.mode, ${more}`,
    [tenant, mode],
  )
  await db.query(
    `insert into autonomy_epochs values ($1, 'customer-ops', 1)
      on conflict (tenant_id, pod) do update set epoch = autonomy_epochs.epoch + 1`,
    [tenant],
  )
  await db.query(`select pg_notify('surety_autonomy', $1)`, [tenant])
}

/** As the inbox does it when a person approves: the touch, its transition and the act in one transaction. */
export async function approve(db: Database, tenant: string, caseId: string, at: Date, notBefore = at): Promise<void> {
  await db.transaction([tenant], async handle => {
    const held = await touchCase(handle, tenant, caseId, 'approved', at)
    const [found] = await decisionStates(handle, tenant, [{ pod: 'customer-ops', caseId, decisionId: null }])
    if (found === undefined) throw new Error('there is no such case')
    await addTransitions(handle, tenant, at, [
      { held, case: found, to: 'acted', reason: 'approved_by_human', actor: 'key:k' },
    ])
    await handle.query(
      `update inbox set state = 'answered', answer = 'approve' where tenant_id = $1 and case_id = $2`,
      [tenant, caseId],
    )
    await addApprovedActs(handle, tenant, at, notBefore, [
      { decisionId: found.decisionId, pod: 'customer-ops', action: 'start_followup', step: 0, afterMs: 0, held },
    ])
  })
}

/** A worker as a process has one; with `sweepMs: 0` it performs only what it is woken or swept for. */
export function openWorker(
  db: Database,
  now: () => Date,
  options: { sweepMs?: number; onError?: (error: unknown) => void } = {},
): OpenActs {
  const throwIt = (error: unknown): never => {
    throw error
  }
  const onError = options.onError ?? throwIt
  const clock = wallClock(now)
  const each = (loop: Parameters<Context['every']>[0]) => every({ ...loop, clock, onError })
  return openActs(
    { ...partsOf(db, now), clock, metrics: new Registry(), events: createEvents(onError), every: each, onError },
    {
      createLater,
      perform: (handle, tenant, at) => act(handle, tenant, at, { podNamed, queueDays: async () => 7 }),
      ...atHand,
      sweepMs: options.sweepMs ?? 0,
    },
  )
}

const atHand = { queueDays: async () => 7, cursor: { read: readCursor, write: writeCursor } }
const partsOf = (db: Database, now: () => Date, leads: Pod = podNamed('customer-ops')) => {
  return { db, now, leads, installed, audit: async () => {} }
}

export const takeOvers = (db: Database, now: () => Date, pod?: Pod) =>
  acts({ ...partsOf(db, now, pod), ...atHand, events: createEvents(() => {}) })

export const operatorOf = (tenant: string) =>
  ({ kind: 'key', tenant, keyId: 'k', role: 'operator', name: 'k', limits: {} }) as const

export const leadOf = (tenant: string, caseId: string): RawEvent => ({
  tenant,
  kind: 'lead.created',
  eventId: caseId,
  caseId,
  data: { name: 'Jane Doe', email: 'jane@example.com', details: 'need an estimate' },
})

export const messageOf = (tenant: string, lead_id: string): RawEvent => ({
  tenant,
  kind: 'message.received',
  data: { lead_id, role: 'user', text: 'call me instead' },
})

export const outcomeOf = (tenant: string, lead_id: string): RawEvent => ({
  tenant,
  kind: 'lead.outcome',
  data: { lead_id, outcome: 'booked' },
})

/** One batch through the line, every event of it recorded. */
export async function record(core: Core, at: Date, ...raws: RawEvent[]): Promise<readonly EventResult[]> {
  const eventResults = await core.run(raws.map(raw => ({ raw, at, startedMs: 0 })))
  for (const eventResult of eventResults)
    if (eventResult.status === 'rejected') throw new Error(`refused: ${eventResult.code}`)
  return eventResults
}
