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

/**
 * Of these cases the first one that nobody works on, locked: whoever looks at the same moment is given the one after it.
 * One look-up by key after the other, mostly only one: joined to a list of keys, or with a condition that names a partial
 * index, a planner without statistics read every open case.
 */
export async function lockFirstFree(
  db: Db,
  tenant: string,
  at: Date,
  cases: readonly Pick<InboxCase, 'pod' | 'caseId'>[],
): Promise<InboxCase | null> {
  for (const { pod, caseId } of cases) {
    const { rows } = await db.query<InboxCase>({
      name: 'inbox_lock_free',
      text: `select ${columns} from inbox where tenant_id = $1 and pod = $2 and case_id = $3 and (state = 'open') is true
        and (lease_until is null or lease_until <= $4) and expires_at > $4 for update skip locked`,
      values: [tenant, pod, caseId, at],
    })
    if (rows[0] !== undefined) return rows[0]
  }
  return null
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
  // The pod first, then the key as a whole: the index begins with the pod, and a list of pods walked it all.
  const found = await db.query<{ pod: string }>({
    name: 'inbox_pod_of',
    text: `select found.pod from unnest($2::text[]) as of_pod cross join lateral (
        select pod from inbox where tenant_id = $1 and pod = of_pod and case_id = $3 limit 1
      ) found limit 1`,
    values: [tenant, pods, caseId],
  })
  if (found.rows[0] === undefined) return null
  const { rows } = await db.query<InboxCase>({
    name: 'inbox_lock',
    text: `select ${columns} from inbox where tenant_id = $1 and pod = $2 and case_id = $3 for update`,
    values: [tenant, found.rows[0].pod, caseId],
  })
  return rows[0] ?? null
}

export interface Lease {
  readonly holder: string
  readonly token: string
  readonly at: Date
  readonly until: Date
}

/** Several cases, in the order of their ids. */
export async function readInboxCases(
  db: Db,
  tenant: string,
  cases: readonly Pick<InboxCase, 'pod' | 'caseId'>[],
): Promise<readonly InboxCase[]> {
  const { rows } = await db.query<InboxCase>({
    name: 'inbox_read_many',
    text: `select ${columns} from unnest($2::text[], $3::text[]) as given(of_pod, of_case) cross join lateral (
        select * from inbox where tenant_id = $1 and pod = of_pod and case_id = of_case limit 1
      ) found order by case_id`,
    values: [tenant, cases.map(one => one.pod), cases.map(one => one.caseId)],
  })
  return rows
}

/**
 * Which rows a change is of. One alone is named by its key: joined to a list, a planner without statistics reads every row
 * for it.
 */
function rowsOf(rows: readonly Pick<InboxCase, 'pod' | 'caseId'>[], from: number) {
  const [pod, caseId] = [`$${from}`, `$${from + 1}`]
  const [only] = rows
  if (rows.length === 1 && only !== undefined)
    return { suffix: '_one', where: `where pod = ${pod} and case_id = ${caseId}`, values: [only.pod, only.caseId] }
  return {
    suffix: '',
    where: `from unnest(${pod}::text[], ${caseId}::text[]) as given(of_pod, of_case) where pod = of_pod and case_id = of_case`,
    values: [rows.map(row => row.pod), rows.map(row => row.caseId)],
  }
}

export async function leaseCases(
  db: Db,
  tenant: string,
  rows: readonly Pick<InboxCase, 'pod' | 'caseId'>[],
  lease: Lease,
): Promise<void> {
  const { suffix, where, values } = rowsOf(rows, 6)
  await db.query({
    name: `inbox_lease${suffix}`,
    text: `update inbox set lease_holder = $2, lease_token = $3, leased_at = $4, lease_until = $5, version = version + 1
      ${where} and tenant_id = $1`,
    values: [tenant, lease.holder, lease.token, lease.at, lease.until, ...values],
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
  const { suffix, where, values } = rowsOf(rows, 8)
  await db.query({
    name: `inbox_answered${suffix}`,
    text: `update inbox set state = 'answered', answer = $2, outcome = $3, notes = $4, quality = $5, answered_by = $6,
        answered_at = $7, lease_until = null, version = version + 1
      ${where} and tenant_id = $1`,
    values: [tenant, given.answer, given.outcome, given.notes, given.quality, given.by, given.at, ...values],
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
  const { suffix, where, values } = rowsOf(rows, 4)
  await db.query({
    name: `inbox_unanswered${suffix}`,
    text: `update inbox set state = $2, answered_at = $3, lease_holder = null, lease_token = null, lease_until = null,
        leased_at = null, version = version + 1
      ${where} and tenant_id = $1`,
    values: [tenant, state, at, ...values],
  })
}
