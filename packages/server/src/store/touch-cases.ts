import type { Db } from './db.ts'

/**
 * A human touch of many cases: holds their fences until the commit, in the order everybody takes them in, and counts each
 * up. Take it before anything else of the cases is locked.
 * @returns the new tokens by case
 */
export async function touchCases(
  db: Db,
  tenant: string,
  caseIds: readonly string[],
  reason: string,
  at: Date,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.query<{ case_id: string; token: number }>({
    name: 'touch_cases',
    text: `insert into fences (tenant_id, case_id, token, reason, at)
      select $1, case_id, 1, $3, $4 from (select distinct case_id collate "C" as case_id from unnest($2::text[]) as case_id) given
      order by case_id
      on conflict (tenant_id, case_id) do update set token = fences.token + 1, reason = excluded.reason, at = excluded.at
      returning case_id, token`,
    values: [tenant, caseIds, reason, at],
  })
  return new Map(rows.map(row => [row.case_id, row.token]))
}
