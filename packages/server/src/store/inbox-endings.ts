import type { Reader, Tx } from './db.ts'
import type { HeldCase } from './fences.ts'
import { type HeldInboxCase, ofRows } from './inbox.ts'
import { type Lease, leaseCases } from './inbox-leases.ts'

/** A row whose case nobody else moves meanwhile: what ends a question must have it. */
export interface HeldRow {
  readonly held: HeldCase
  readonly pod: string
}

const keysOf = (rows: readonly HeldRow[]) => rows.map(({ pod, held }) => ({ pod, caseId: held.caseId }))

export interface AnswerRow {
  readonly answer: string
  readonly outcome: string | null
  readonly notes: string | null
  readonly quality: string
  readonly by: string
  readonly at: Date
}

export async function closeAnswered(db: Tx, tenant: string, rows: readonly HeldRow[], given: AnswerRow): Promise<void> {
  const { suffix, where, values } = ofRows(keysOf(rows), 8)
  await db.query({
    name: `inbox_answered${suffix}`,
    text: `update inbox set state = 'answered', answer = $2, outcome = $3, notes = $4, quality = $5, answered_by = $6,
        answered_at = $7, lease_until = null, version = version + 1
      ${where} and tenant_id = $1`,
    values: [tenant, given.answer, given.outcome, given.notes, given.quality, given.by, given.at, ...values],
  })
}

/** Open again. What was withheld has been seen, so it is not withheld again. */
export async function reopen(db: Tx, tenant: string, row: HeldInboxCase, lease: Lease): Promise<void> {
  await db.query({
    name: 'inbox_reopen',
    text: `update inbox set state = 'open', blinded = false, answer = null, outcome = null, notes = null, quality = null,
        answered_by = null, answered_at = null where tenant_id = $1 and pod = $2 and case_id = $3`,
    values: [tenant, row.pod, row.caseId],
  })
  await leaseCases(db, tenant, [row], lease)
}

/** Nobody answered: it expired, or its outcome became known. */
export async function closeUnanswered(
  db: Tx,
  tenant: string,
  rows: readonly HeldRow[],
  state: 'expired' | 'withdrawn',
  at: Date,
): Promise<void> {
  const { suffix, where, values } = ofRows(keysOf(rows), 4)
  await db.query({
    name: `inbox_unanswered${suffix}`,
    text: `update inbox set state = $2, answered_at = $3, lease_holder = null, lease_token = null, lease_until = null,
        leased_at = null, version = version + 1
      ${where} and tenant_id = $1`,
    values: [tenant, state, at, ...values],
  })
}

/** Ended rows go; what became of the case stays in `transitions`. @returns how many went */
export async function purgeEnded(db: Tx, tenant: string, before: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query({
    name: 'inbox_purge',
    // One that was opened again meanwhile stays.
    text: `delete from inbox where tenant_id = $1 and state <> 'open' and (pod, case_id) in (select pod, case_id from inbox
      where tenant_id = $1 and state <> 'open' and answered_at < $2 order by answered_at limit $3)`,
    values: [tenant, before, limit],
  })
  return rowCount ?? 0
}

/** Seconds that each of the newest single answers of one key took, newest first. */
export async function lastAnswerSeconds(
  db: Reader,
  tenant: string,
  by: string,
  since: Date,
  limit: number,
): Promise<readonly number[]> {
  const { rows } = await db.query<{ seconds: number }>({
    name: 'inbox_last_answers',
    text: `select extract(epoch from answered_at - leased_at)::float8 as seconds from inbox
      where tenant_id = $1 and state = 'answered' and answered_at >= $3 and answered_by = $2 and quality <> 'bulk'
      order by answered_at desc, leased_at desc limit $4`,
    values: [tenant, by, since, limit],
  })
  return rows.map(row => row.seconds)
}
