import type { Reader, Tx } from './db.ts'
import { type InboxCase, type InboxKey, inbox, leasedAt, ofRows } from './inbox.ts'

/** Whoever leases for one key waits for the other: two calls at once are given one case. */
export async function serialiseHolder(db: Tx, tenant: string, holder: string): Promise<void> {
  await db.query(`select pg_advisory_xact_lock(hashtextextended($1, 7283648))`, [`${tenant}\n${holder}`])
}

/** The lease that the holder has still, the oldest first. */
export async function ownLease(
  db: Tx,
  tenant: string,
  pods: readonly string[],
  at: Date,
  holder: string,
): Promise<InboxCase | null> {
  const { rows } = await db.query<InboxCase>({
    name: 'inbox_own_lease',
    text: `select ${inbox.columns()} from inbox where tenant_id = $1 and pod = any ($2) and state = 'open' and ${leasedAt('$3')}
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
  db: Tx,
  tenant: string,
  at: Date,
  cases: readonly InboxKey[],
): Promise<InboxCase | null> {
  for (const { pod, caseId } of cases) {
    const { rows } = await db.query<InboxCase>({
      name: 'inbox_lock_free',
      text: `select ${inbox.columns()} from inbox where tenant_id = $1 and pod = $2 and case_id = $3 and (state = 'open') is true
        and not ${leasedAt('$4')} and expires_at > $4 for update skip locked`,
      values: [tenant, pod, caseId, at],
    })
    if (rows[0] !== undefined) return rows[0]
  }
  return null
}

/**
 * Without a lock. null: there is no such case in this inbox. Asked before a fence is touched, which makes one: whatever a path says of a
 * case that never was would stand in the write-ahead log.
 */
export async function podOfInboxCase(
  db: Reader,
  tenant: string,
  pods: readonly string[],
  caseId: string,
): Promise<string | null> {
  // PostgreSQL has no text with a NUL in it.
  if (caseId.includes('\0')) return null
  // The pod first, then the key as a whole: the index begins with the pod, and a list of pods walked it all.
  const { rows } = await db.query<{ pod: string }>({
    name: 'inbox_pod_of',
    text: `select found.pod from unnest($2::text[]) as of_pod cross join lateral (
        select pod from inbox where tenant_id = $1 and pod = of_pod and case_id = $3 limit 1
      ) found limit 1`,
    values: [tenant, pods, caseId],
  })
  return rows[0]?.pod ?? null
}

/** Waits for whoever works on the row. null: there is no such case in this inbox. */
export async function lockInboxCase(
  db: Tx,
  tenant: string,
  pods: readonly string[],
  caseId: string,
): Promise<InboxCase | null> {
  const pod = await podOfInboxCase(db, tenant, pods, caseId)
  if (pod === null) return null
  const { rows } = await db.query<InboxCase>({
    name: 'inbox_lock',
    text: `select ${inbox.columns()} from inbox where tenant_id = $1 and pod = $2 and case_id = $3 for update`,
    values: [tenant, pod, caseId],
  })
  return rows[0] ?? null
}

export interface Lease {
  readonly holder: string
  readonly token: string
  readonly at: Date
  readonly until: Date
}

export async function leaseCases(db: Tx, tenant: string, rows: readonly InboxKey[], lease: Lease): Promise<void> {
  const { suffix, where, values } = ofRows(rows, 6)
  await db.query({
    name: `inbox_lease${suffix}`,
    text: `update inbox set lease_holder = $2, lease_token = $3, leased_at = $4, lease_until = $5, version = version + 1
      ${where} and tenant_id = $1`,
    values: [tenant, lease.holder, lease.token, lease.at, lease.until, ...values],
  })
}

/** A longer lease, or (null) none. */
export async function moveLease(db: Tx, tenant: string, row: InboxKey, until: Date | null): Promise<void> {
  const ended = until === null ? ', lease_holder = null, lease_token = null, leased_at = null' : ''
  await db.query({
    name: until === null ? 'inbox_release' : 'inbox_extend',
    text: `update inbox set lease_until = $4, version = version + 1${ended}
      where tenant_id = $1 and pod = $2 and case_id = $3`,
    values: [tenant, row.pod, row.caseId, until],
  })
}
