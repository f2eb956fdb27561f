import type { Db } from './db.ts'

/** An act that waits to be performed. */
export interface PendingAct {
  readonly decisionId: string
  /** As the database writes it: two acts of one decision may be a microsecond apart. */
  readonly recordedAt: string
  readonly pod: string
  readonly caseId: string
  readonly action: string
  /** The fence of the case when it was decided. */
  readonly token: number
  readonly automatic: boolean
}

interface ActRow {
  decision_id: string
  recorded_at: string
  pod: string
  case_id: string
  action: string
  token: number
  automatic: boolean
}

const columns = 'decision_id, recorded_at::text, pod, case_id, action, token, automatic'
const fromRow = (row: ActRow): PendingAct => ({
  decisionId: row.decision_id,
  recordedAt: row.recorded_at,
  pod: row.pod,
  caseId: row.case_id,
  action: row.action,
  token: row.token,
  automatic: row.automatic,
})

/**
 * Which of these tenants have acts that are due. The transaction must admit them all: the answer comes from the partial
 * index of what is pending, which is as long as the work that waits and not as long as the list of tenants.
 * @param since of what was recorded later, so that partitions are spared
 */
export async function tenantsWithDueActs(
  db: Db,
  at: Date,
  since: Date,
): Promise<readonly { tenant: string; oldest: Date }[]> {
  const { rows } = await db.query<{ tenant_id: string; oldest: Date }>({
    name: 'tenants_with_due_acts',
    text: `select tenant_id, min(not_before) as oldest from acts
      where state = 'pending' and not_before <= $1 and recorded_at >= $2 group by tenant_id`,
    values: [at, since],
  })
  return rows.map(row => ({ tenant: row.tenant_id, oldest: row.oldest }))
}

/** Acts of one tenant that are due, the longest due first; nothing is locked. */
export async function dueActs(db: Db, tenant: string, at: Date, limit: number): Promise<readonly PendingAct[]> {
  const { rows } = await db.query<ActRow>({
    name: 'due_acts',
    text: `select ${columns} from acts where tenant_id = $1 and state = 'pending' and not_before <= $2
      order by not_before limit $3`,
    values: [tenant, at, limit],
  })
  return rows.map(fromRow)
}

/**
 * Keeps whoever changes what the machine may do waiting until the commit: what is read afterwards holds, and when the
 * change has been answered nothing is performed under the old state any more.
 */
export async function holdAutonomy(db: Db, tenant: string, pods: readonly string[]): Promise<void> {
  await db.query({
    name: 'hold_autonomy',
    // Planned while tables may be empty, or not counted yet: look-ups by key fit small and large ones.
    text: `select held_epoch($1, pod), set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
      set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true) from (select pod from unnest($2::text[]) as pod order by pod offset 0) given`,
    values: [tenant, pods],
  })
}

export interface Fence {
  readonly token: number
  readonly reason: string
}

/**
 * Holds the fences of these cases until the commit: a touch that committed first is seen, one that comes later waits.
 * A case that somebody is touching, or another process is dealing with, is left out.
 */
export async function holdFences(
  db: Db,
  tenant: string,
  caseIds: readonly string[],
  at: Date,
): Promise<ReadonlyMap<string, Fence>> {
  await db.query({
    name: 'make_fences',
    text: `insert into fences (tenant_id, case_id, token, reason, at)
      select $1, given.case_id, 0, 'act', $3 from (select distinct case_id from unnest($2::text[]) as case_id) given
      where not exists (select from fences f where f.tenant_id = $1 and f.case_id = given.case_id)
      order by given.case_id on conflict do nothing`,
    values: [tenant, caseIds, at],
  })
  const { rows } = await db.query<{ case_id: string; token: number; reason: string }>({
    name: 'hold_fences',
    text: `select case_id, token, reason from fences where tenant_id = $1 and case_id = any ($2)
      order by case_id for update skip locked`,
    values: [tenant, caseIds],
  })
  return new Map(rows.map(({ case_id, token, reason }) => [case_id, { token, reason }]))
}

/** The pending acts of cases whose fences are held, locked; only those due by `at`, unless it is null. */
export async function lockPending(
  db: Db,
  tenant: string,
  caseIds: readonly string[],
  at: Date | null,
): Promise<readonly PendingAct[]> {
  const { rows } = await db.query<ActRow>({
    name: 'lock_pending_acts',
    text: `select ${columns} from acts where tenant_id = $1 and case_id = any ($2) and state = 'pending'
        and ($3::timestamptz is null or not_before <= $3)
      order by case_id, acts.recorded_at, decision_id for update`,
    values: [tenant, caseIds, at],
  })
  return rows.map(fromRow)
}

/** How an act ended. */
export interface ActEnd {
  readonly act: PendingAct
  readonly state: 'done' | 'cancelled'
  /** Why it was cancelled. */
  readonly reason: string | null
}

export async function endActs(db: Db, tenant: string, at: Date, ends: readonly ActEnd[]): Promise<void> {
  if (ends.length === 0) return
  await db.query({
    name: 'end_acts',
    text: `update acts set state = given.state, reason = given.reason, ended_at = greatest($2::timestamptz, acts.recorded_at)
      from unnest($3::timestamptz[], $4::uuid[], $5::text[], $6::text[]) as given(recorded_at, decision_id, state, reason)
      where acts.tenant_id = $1 and acts.case_id = any ($7) and acts.recorded_at = given.recorded_at and acts.decision_id = given.decision_id`,
    values: [
      tenant,
      at,
      ends.map(end => end.act.recordedAt),
      ends.map(end => end.act.decisionId),
      ends.map(end => end.state),
      ends.map(end => end.reason),
      ends.map(end => end.act.caseId),
    ],
  })
}

export interface OutboxRow {
  readonly pod: string
  readonly caseId: string
  readonly step: string
  readonly decisionId: string
  readonly channel: string
  readonly text: string
}

/** One message per tenant, case and step, however often it is asked for. */
export async function sendToOutbox(db: Db, tenant: string, at: Date, rows: readonly OutboxRow[]): Promise<void> {
  if (rows.length === 0) return
  await db.query({
    name: 'send_to_outbox',
    text: `insert into outbox (tenant_id, pod, case_id, step, decision_id, channel, text, recorded_at)
      select $1, given.*, $2 from unnest($3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::text[]) as given
      on conflict (tenant_id, case_id, step) do nothing`,
    values: [
      tenant,
      at,
      rows.map(row => row.pod),
      rows.map(row => row.caseId),
      rows.map(row => row.step),
      rows.map(row => row.decisionId),
      rows.map(row => row.channel),
      rows.map(row => row.text),
    ],
  })
}

export interface ModeRow {
  readonly mode: string
  readonly suspended: boolean
}

/** By `pod\naction`; the defaults of the pod hold where there is none. */
export async function modesOf(db: Db, tenant: string): Promise<ReadonlyMap<string, ModeRow>> {
  const { rows } = await db.query<{ pod: string; action: string; mode: string; suspended: boolean }>({
    name: 'modes_of',
    text: `select pod, action, mode, suspended_at is not null as suspended from action_states where tenant_id = $1`,
    values: [tenant],
  })
  return new Map(rows.map(({ pod, action, mode, suspended }) => [`${pod}\n${action}`, { mode, suspended }]))
}
