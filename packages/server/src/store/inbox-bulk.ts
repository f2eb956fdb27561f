import type { Reader, Tx } from './db.ts'
import type { HeldCase } from './fences.ts'
import { type HeldInboxCase, type InboxCase, inbox, leasedAt } from './inbox.ts'
import { settled } from './inbox-overdue.ts'
import type { RowOf } from './table.ts'

/** Which waiting cases of one pod are meant. */
export interface BulkQuery {
  readonly pod: string
  readonly urgency: number | null
  readonly olderThan: Date | null
  readonly probabilityFrom: number | null
  readonly probabilityTo: number | null
  readonly reason: string | null
}

const brief = inbox.pick('caseId', 'pod', 'decisionId', 'version')
export type BulkCase = RowOf<typeof brief>

const waiting = `tenant_id = $1 and pod = $2 and state = 'open' and ($4::int2 is null or urgency = $4)
  and ($5::timestamptz is null or recorded_at < $5)`
const free = `not ${leasedAt('$3')}`
const shown = 'not blinded and not audit and others is null'

const common = (tenant: string, query: BulkQuery, at: Date): unknown[] => [
  tenant,
  query.pod,
  at,
  query.urgency,
  query.olderThan,
]

export async function bulkCases(
  db: Reader,
  tenant: string,
  query: BulkQuery,
  at: Date,
  limit: number,
): Promise<readonly BulkCase[]> {
  const { rows } = await db.query<BulkCase>({
    name: 'inbox_bulk',
    // What unlocks and what does not, each read in the order of its half of the index until enough is found.
    text: `select ${brief.columns()}
      from unnest(array[false, true]) as later cross join lateral (
        select i.case_id, i.pod, i.decision_id, i.version, i.urgency, i.due_at from inbox i
        where ${waiting} and (not (i.unlocks or i.blinded)) = later and ${free} and ${shown} and expires_at > $3
          and ($6::float8 is null or probability >= $6) and ($7::float8 is null or probability <= $7)
          and ($8::text is null or reason = $8) and not ${settled}
        order by i.urgency, i.due_at, i.case_id limit $9
      ) half order by urgency, due_at, case_id limit $9`,
    values: [...common(tenant, query, at), query.probabilityFrom, query.probabilityTo, query.reason, limit],
  })
  return rows
}

/**
 * Leased and withheld cases together, by what is shown of every case alone: counted by score or reason, a number would
 * tell what is withheld.
 */
export async function leftOut(db: Reader, tenant: string, query: BulkQuery, at: Date): Promise<number> {
  const { rows } = await db.query<{ n: number }>({
    name: 'inbox_left_out',
    text: `select count(*) as n from inbox where ${waiting} and not (${free} and ${shown})`,
    values: common(tenant, query, at),
  })
  return rows[0]!.n
}

/** Of the previewed cases, those that are as they were, locked; what somebody has in hand just now is left out. */
export async function lockPreviewed(
  db: Tx,
  tenant: string,
  pod: string,
  at: Date,
  cases: readonly Pick<BulkCase, 'decisionId' | 'version'>[],
): Promise<readonly BulkCase[]> {
  const { rows } = await db.query<BulkCase>({
    name: 'inbox_lock_previewed',
    text: `select ${brief.columns('i')} from inbox i
      join unnest($4::uuid[], $5::int4[]) as given(decision_id, version) using (decision_id, version)
      where i.tenant_id = $1 and i.pod = $2 and i.state = 'open' and ${free} and ${shown} and i.expires_at > $3
      order by i.case_id for update of i skip locked`,
    values: [tenant, pod, at, cases.map(one => one.decisionId), cases.map(one => one.version)],
  })
  return rows
}

/**
 * Of the cases whose fences are held, what was leased under one token, locked; whoever waits for one of these rows waits for us. What
 * waits there beside since then was not previewed, and such a case is left out.
 */
export async function lockLeased(
  db: Tx,
  tenant: string,
  pod: string,
  fences: ReadonlyMap<string, HeldCase>,
  token: string,
): Promise<readonly HeldInboxCase[]> {
  const { rows } = await db.query<InboxCase>({
    name: 'inbox_lock_leased',
    text: `select ${inbox.columns()}
      from inbox where tenant_id = $1 and pod = $2 and case_id = any ($3) and state = 'open' and lease_token = $4
        and ${shown}
      order by case_id for update`,
    values: [tenant, pod, [...fences.keys()], token],
  })
  return rows.map(row => ({ ...row, held: fences.get(row.caseId)! }))
}
