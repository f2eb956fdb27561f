import type { InboxOrder } from '@surety/contract'
import type { Db } from '../../store/db.ts'

/** One row of the table: a case that waits, or has waited, for a person. */
export interface InboxCase {
  readonly pod: string
  readonly caseId: string
  readonly decisionId: string
  readonly recordedAt: Date
  readonly action: string
  /** 0 high, 1 medium, 2 low. */
  readonly urgency: number
  readonly dueAt: Date
  readonly expiresAt: Date
  readonly unlocks: boolean
  readonly probability: number | null
  readonly reason: string
  readonly audit: boolean
  readonly hidden: boolean
  readonly state: 'open' | 'answered' | 'expired' | 'withdrawn'
  readonly leaseHolder: string | null
  readonly leaseToken: string | null
  readonly leaseUntil: Date | null
  readonly leasedAt: Date | null
  readonly answer: string | null
  readonly outcome: string | null
  readonly answeredBy: string | null
  readonly answeredAt: Date | null
  readonly version: number
}

const columns = `pod, case_id as "caseId", decision_id as "decisionId", recorded_at as "recordedAt", action, urgency,
  due_at as "dueAt", expires_at as "expiresAt", unlocks, probability, reason, audit, hidden, state,
  lease_holder as "leaseHolder", lease_token as "leaseToken", lease_until as "leaseUntil", leased_at as "leasedAt",
  answer, outcome, answered_by as "answeredBy", answered_at as "answeredAt", version`

/** Hidden cases all stand where cases that unlock stand: their place tells nothing of them. */
const orders = {
  urgency: 'urgency, due_at, case_id',
  unlock: '(not (unlocks or hidden)), urgency, due_at, case_id',
} as const satisfies { readonly [order in InboxOrder]: string }

/** Nobody works on it. */
const free = '(lease_until is null or lease_until <= $3)'

/** The place of a case in a list. */
export interface InboxPlace {
  readonly later: boolean
  readonly urgency: number
  readonly dueAt: Date
  readonly caseId: string
}

export const placeOf = (row: InboxCase): InboxPlace => ({
  later: !(row.unlocks || row.hidden),
  urgency: row.urgency,
  dueAt: row.dueAt,
  caseId: row.caseId,
})

export async function pageOfInbox(
  db: Db,
  tenant: string,
  options: {
    readonly pods: readonly string[]
    readonly order: InboxOrder
    readonly limit: number
    readonly after: InboxPlace | null
  },
): Promise<readonly InboxCase[]> {
  const { pods, order, limit, after } = options
  const values: unknown[] = [tenant, pods, limit]
  let beyond = ''
  if (after !== null) {
    values.push(after.urgency, after.dueAt, after.caseId)
    beyond = `and (${orders[order]}) > ($4::int2, $5::timestamptz, $6::text)`
    if (order === 'unlock') {
      values.push(after.later)
      beyond = `and (${orders.unlock}) > ($7::boolean, $4::int2, $5::timestamptz, $6::text)`
    }
  }
  const { rows } = await db.query<InboxCase>({
    name: `inbox_page_${order}${after === null ? '' : '_on'}`,
    text: `select ${columns} from inbox where tenant_id = $1 and pod = any ($2) and state = 'open' ${beyond}
      order by ${orders[order]} limit $3`,
    values,
  })
  return rows
}

export interface CountsRow {
  readonly open: number
  readonly leased: number
  readonly overdue: number
  readonly expiring: number
  readonly oldest: Date | null
}

const dayMs = 86_400_000

/** Of one tenant; of every tenant that the transaction admits where `tenant` is null. */
export async function countInbox(db: Db, tenant: string | null, pods: readonly string[], at: Date): Promise<CountsRow> {
  const { rows } = await db.query<CountsRow>({
    name: 'inbox_counts',
    text: `select count(*) as open, count(*) filter (where lease_until > $3) as leased,
        count(*) filter (where due_at < $3) as overdue, count(*) filter (where expires_at <= $4) as expiring,
        min(recorded_at) as oldest
      from inbox where ($1::text is null or tenant_id = $1) and pod = any ($2) and state = 'open'`,
    values: [tenant, pods, at, new Date(at.getTime() + dayMs)],
  })
  return rows[0]!
}

/** Whoever leases for one key waits for the other: two calls at once are given one case. */
export async function serialiseHolder(db: Db, tenant: string, holder: string): Promise<void> {
  await db.query(`select pg_advisory_xact_lock(hashtextextended($1, 7283648))`, [`${tenant}\n${holder}`])
}

/** The lease that the holder has still, the oldest first. */
export async function ownLease(
  db: Db,
  tenant: string,
  pods: readonly string[],
  at: Date,
  holder: string,
): Promise<InboxCase | null> {
  const { rows } = await db.query<InboxCase>({
    name: 'inbox_own_lease',
    text: `select ${columns} from inbox where tenant_id = $1 and pod = any ($2) and state = 'open' and lease_until > $3
      and lease_holder = $4 order by leased_at, case_id limit 1 for update skip locked`,
    values: [tenant, pods, at, holder],
  })
  return rows[0] ?? null
}

/** The first case that nobody works on, locked: whoever looks at the same moment is given the one after it. */
export async function pickFree(
  db: Db,
  tenant: string,
  pods: readonly string[],
  at: Date,
  order: InboxOrder,
  except: readonly string[],
): Promise<InboxCase | null> {
  const { rows } = await db.query<InboxCase>({
    name: `inbox_pick_${order}`,
    text: `select ${columns} from inbox where tenant_id = $1 and pod = any ($2) and state = 'open' and ${free}
      and case_id <> all ($4) order by ${orders[order]} limit 1 for update skip locked`,
    values: [tenant, pods, at, except],
  })
  return rows[0] ?? null
}

/** Waits for whoever works on the row. null: there is no such case in this inbox. */
export async function lockInboxCase(
  db: Db,
  tenant: string,
  pods: readonly string[],
  caseId: string,
): Promise<InboxCase | null> {
  // PostgreSQL has no text with a NUL in it.
  if (caseId.includes('\0')) return null
  const { rows } = await db.query<InboxCase>({
    name: 'inbox_lock',
    text: `select ${columns} from inbox where tenant_id = $1 and pod = any ($2) and case_id = $3 for update`,
    values: [tenant, pods, caseId],
  })
  return rows[0] ?? null
}

export interface Lease {
  readonly holder: string
  readonly token: string
  readonly at: Date
  readonly until: Date
}

/** Several cases that are locked already, in the order of their ids. */
export async function readInboxCases(
  db: Db,
  tenant: string,
  cases: readonly Pick<InboxCase, 'pod' | 'caseId'>[],
): Promise<readonly InboxCase[]> {
  const { rows } = await db.query<InboxCase>({
    name: 'inbox_read_many',
    text: `select ${columns} from inbox join unnest($2::text[], $3::text[]) as given(pod, case_id) using (pod, case_id)
      where tenant_id = $1 order by case_id`,
    values: [tenant, cases.map(one => one.pod), cases.map(one => one.caseId)],
  })
  return rows
}

export async function leaseCases(
  db: Db,
  tenant: string,
  rows: readonly Pick<InboxCase, 'pod' | 'caseId'>[],
  lease: Lease,
): Promise<void> {
  await db.query({
    name: 'inbox_lease',
    text: `update inbox set lease_holder = $2, lease_token = $3, leased_at = $4, lease_until = $5, version = version + 1
      from unnest($6::text[], $7::text[]) as given(pod, case_id)
      where inbox.tenant_id = $1 and inbox.pod = given.pod and inbox.case_id = given.case_id`,
    values: [
      tenant,
      lease.holder,
      lease.token,
      lease.at,
      lease.until,
      rows.map(row => row.pod),
      rows.map(row => row.caseId),
    ],
  })
}

/** A longer lease, or (null) none. */
export async function moveLease(
  db: Db,
  tenant: string,
  row: Pick<InboxCase, 'pod' | 'caseId'>,
  until: Date | null,
): Promise<void> {
  const ended = until === null ? ', lease_holder = null, lease_token = null, leased_at = null' : ''
  await db.query({
    name: until === null ? 'inbox_release' : 'inbox_extend',
    text: `update inbox set lease_until = $4, version = version + 1${ended}
      where tenant_id = $1 and pod = $2 and case_id = $3`,
    values: [tenant, row.pod, row.caseId, until],
  })
}

export interface AnswerRow {
  readonly answer: string
  readonly outcome: string | null
  readonly notes: string | null
  readonly quality: string
  readonly by: string
  readonly at: Date
}

export async function closeAnswered(
  db: Db,
  tenant: string,
  rows: readonly Pick<InboxCase, 'pod' | 'caseId'>[],
  given: AnswerRow,
): Promise<void> {
  await db.query({
    name: 'inbox_answered',
    text: `update inbox set state = 'answered', answer = $2, outcome = $3, notes = $4, quality = $5, answered_by = $6,
        answered_at = $7, lease_until = null, version = version + 1
      from unnest($8::text[], $9::text[]) as given(pod, case_id)
      where inbox.tenant_id = $1 and inbox.pod = given.pod and inbox.case_id = given.case_id`,
    values: [
      tenant,
      given.answer,
      given.outcome,
      given.notes,
      given.quality,
      given.by,
      given.at,
      rows.map(row => row.pod),
      rows.map(row => row.caseId),
    ],
  })
}

/** Open again. What was withheld has been seen, so it is not withheld again. */
export async function reopen(db: Db, tenant: string, row: InboxCase, lease: Lease): Promise<void> {
  await db.query({
    name: 'inbox_reopen',
    text: `update inbox set state = 'open', hidden = false, answer = null, outcome = null, notes = null, quality = null,
        answered_by = null, answered_at = null where tenant_id = $1 and pod = $2 and case_id = $3`,
    values: [tenant, row.pod, row.caseId],
  })
  await leaseCases(db, tenant, [row], lease)
}

/** Nobody answered: it expired, or its outcome became known. */
export async function closeUnanswered(
  db: Db,
  tenant: string,
  rows: readonly Pick<InboxCase, 'pod' | 'caseId'>[],
  state: 'expired' | 'withdrawn',
  at: Date,
): Promise<void> {
  await db.query({
    name: 'inbox_unanswered',
    text: `update inbox set state = $2, answered_at = $3, lease_holder = null, lease_token = null, lease_until = null,
        leased_at = null, version = version + 1
      from unnest($4::text[], $5::text[]) as given(pod, case_id)
      where inbox.tenant_id = $1 and inbox.pod = given.pod and inbox.case_id = given.case_id`,
    values: [tenant, state, at, rows.map(row => row.pod), rows.map(row => row.caseId)],
  })
}
