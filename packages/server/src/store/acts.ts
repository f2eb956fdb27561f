import { clockSlack, type Reader, type Tx } from './db.ts'
import type { HeldCase } from './fences.ts'
import { bool, int8, lineColumns, orNull, type RowOf, table, text, time } from './table.ts'

/** What the machine does about a case, as it was decided: pending until the stage `act` has looked once more. */
export interface ActRow {
  readonly tenant: string
  /** Of the event that was decided: no column of the table. */
  readonly eventId: string
  readonly decisionId: string
  readonly pod: string
  readonly caseId: string
  readonly action: string
  /** Counted from 0 within one decision: each is done by itself. */
  readonly step: number
  readonly notBefore: Date
  readonly recordedAt: Date
  /** The fence of its case as it was decided: 0 where nobody has touched it. */
  readonly token: number
}

const column = lineColumns<Omit<ActRow, 'eventId'>>()

const decided = {
  tenant: column.text('tenant_id', row => row.tenant),
  decisionId: column.uuid('decision_id', row => row.decisionId),
  pod: column.text('pod', row => row.pod),
  caseId: column.text('case_id', row => row.caseId),
  action: column.text('action', row => row.action),
  step: column.int2('step', row => row.step),
  notBefore: column.time('not_before', row => row.notBefore),
  recordedAt: column.time('recorded_at', row => row.recordedAt),
}

/** What the line writes of an act; the rest is the same for all of them. */
export const decidedActs = table('acts', decided)
/** The same on cases that somebody may have touched before. */
export const decidedOnFenced = table('acts', { ...decided, token: column.int8('token', row => row.token) })

export const acts = table('acts', {
  ...decided,
  token: int8('token'),
  automatic: bool('automatic'),
  state: text<'pending' | 'done' | 'cancelled'>('state'),
  endedAt: orNull(time('ended_at')),
  reason: orNull(text('reason')),
})

const waiting = acts.pick('decisionId', 'step', 'pod', 'caseId', 'action', 'token', 'automatic')
const columns = `${waiting.columns()}, recorded_at::text as "recordedAt", step > 0 and exists (select from acts earlier
  where earlier.tenant_id = acts.tenant_id and earlier.case_id = acts.case_id and earlier.decision_id = acts.decision_id
    and earlier.recorded_at = acts.recorded_at and earlier.step < acts.step and earlier.state = 'done') as begun`

/** An act that waits to be performed; `token` is the fence of the case when it was decided. */
export interface PendingAct extends RowOf<typeof waiting> {
  /** An earlier step of it was done. */
  readonly begun: boolean
  /** As the database writes it: two acts of one decision may be a microsecond apart. */
  readonly recordedAt: string
}

/** The same, locked, with the fence of its case held. */
export interface LockedAct extends PendingAct {
  readonly held: HeldCase
}

/**
 * Which of these tenants have acts that are due. The transaction must admit them all: the answer comes from the partial
 * index of what is pending, which is as long as the work that waits and not as long as the list of tenants.
 * @param since of what was recorded later, so that partitions are spared
 */
export async function tenantsWithDueActs(
  db: Reader,
  at: Date,
  since: Date,
): Promise<readonly { tenant: string; oldest: Date }[]> {
  const { rows } = await db.query<{ tenant: string; oldest: Date }>({
    name: 'tenants_with_due_acts',
    text: `select tenant_id as tenant, min(not_before) as oldest from acts
      where state = 'pending' and not_before <= $1 and recorded_at >= $2 group by tenant_id`,
    values: [at, since],
  })
  return rows
}

/** Acts of one tenant that are due, the longest due first; nothing is locked. */
export async function dueActs(db: Reader, tenant: string, at: Date, limit: number): Promise<readonly PendingAct[]> {
  const { rows } = await db.query<PendingAct>({
    name: 'due_acts',
    text: `select ${columns} from acts where tenant_id = $1 and state = 'pending' and not_before <= $2
      order by not_before limit $3`,
    values: [tenant, at, limit],
  })
  return rows
}

/** The pending acts of cases whose fences are held, locked; only those due by `at`, unless it is null. */
export async function lockPending(
  db: Tx,
  tenant: string,
  cases: readonly HeldCase[],
  at: Date | null,
): Promise<readonly LockedAct[]> {
  const held = new Map(cases.map(one => [one.caseId, one]))
  const { rows } = await db.query<PendingAct>({
    name: 'lock_pending_acts',
    text: `select ${columns} from acts where tenant_id = $1 and case_id = any ($2) and state = 'pending'
        and ($3::timestamptz is null or not_before <= $3)
      order by case_id, acts.recorded_at, decision_id, step for update`,
    values: [tenant, [...held.keys()], at],
  })
  return rows.map(row => ({ ...row, held: held.get(row.caseId)! }))
}

/** How an act ended. */
export interface ActEnd {
  readonly act: LockedAct
  readonly state: 'done' | 'cancelled'
  /** Why it was cancelled. */
  readonly reason: string | null
}

export async function endActs(db: Tx, tenant: string, at: Date, ends: readonly ActEnd[]): Promise<void> {
  if (ends.length === 0) return
  await db.query({
    name: 'end_acts',
    text: `update acts set state = given.state, reason = given.reason, ended_at = greatest($2::timestamptz, acts.recorded_at)
      from unnest($3::timestamptz[], $4::uuid[], $5::int2[], $6::text[], $7::text[])
        as given(recorded_at, decision_id, step, state, reason)
      where acts.tenant_id = $1 and acts.case_id = any ($8) and acts.recorded_at = given.recorded_at
        and acts.decision_id = given.decision_id and acts.step = given.step`,
    values: [
      tenant,
      at,
      ends.map(end => end.act.recordedAt),
      ends.map(end => end.act.decisionId),
      ends.map(end => end.act.step),
      ends.map(end => end.state),
      ends.map(end => end.reason),
      ends.map(end => end.act.caseId),
    ],
  })
}

/** What a person approved, to be performed unless somebody touches the case before. */
export interface ApprovedAct {
  /** The fence of the case, counted up by the approval, which is itself a touch. */
  readonly held: HeldCase
  readonly decisionId: string
  readonly pod: string
  readonly action: string
  readonly step: number
  /** Milliseconds after the first moment at which it may be performed. */
  readonly afterMs: number
}

/** Each act is later than those its case has already, whatever the clocks say. */
export async function addApprovedActs(
  db: Tx,
  tenant: string,
  at: Date,
  notBefore: Date,
  approved: readonly ApprovedAct[],
): Promise<void> {
  if (approved.length === 0) return
  await db.query({
    name: 'add_approved_acts',
    text: `insert into acts (tenant_id, decision_id, pod, case_id, action, step, token, automatic, state, not_before, recorded_at)
      select $1, given.decision_id, given.pod, given.case_id, given.action, given.step, given.token, false, 'pending',
        $3::timestamptz + given.after_ms * interval '1 millisecond',
        greatest($2::timestamptz, last.recorded_at + interval '1 microsecond')
      from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::int8[], $9::int2[], $10::float8[])
        as given(decision_id, pod, case_id, action, token, step, after_ms)
      left join lateral (select a.recorded_at from acts a where a.tenant_id = $1 and a.case_id = given.case_id
        and a.recorded_at >= $2::timestamptz - ${clockSlack} order by a.recorded_at desc limit 1) last on true`,
    values: [
      tenant,
      at,
      notBefore,
      approved.map(act => act.decisionId),
      approved.map(act => act.pod),
      approved.map(act => act.held.caseId),
      approved.map(act => act.action),
      approved.map(act => act.held.token),
      approved.map(act => act.step),
      approved.map(act => act.afterMs),
    ],
  })
}

const ofCase = acts.pick('decisionId', 'action', 'automatic', 'state', 'notBefore', 'recordedAt', 'endedAt', 'reason')
export type ActOfCase = RowOf<typeof ofCase>

/** Acts of one case in the order in which they were decided. */
export async function actsOfCase(
  db: Reader,
  tenant: string,
  caseId: string,
  since: Date,
): Promise<readonly ActOfCase[]> {
  const { rows } = await db.query<ActOfCase>({
    name: 'acts_of_case',
    text: `select ${ofCase.columns()} from acts where tenant_id = $1 and case_id = $2 and recorded_at >= $3::timestamptz - ${clockSlack}
      order by acts.recorded_at, decision_id, step`,
    values: [tenant, caseId, since],
  })
  return rows
}
