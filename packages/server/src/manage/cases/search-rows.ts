import type { Db } from '../../store/db.ts'

export interface Found {
  readonly caseId: string
  readonly rank: number
  /** The message that matched best; null: the lead itself. */
  readonly messageText: string | null
}

/**
 * The cases that hold the words, best first, each by its best text. Ties go to the newer one.
 * @param query text of a tsquery
 */
export async function findByWords(
  db: Db,
  tenant: string,
  pod: string,
  query: string,
  limit: number,
): Promise<readonly Found[]> {
  const { rows } = await db.query<{ case_id: string; rank: number; message_text: string | null }>({
    name: 'cases_search',
    text: `with found as (
        select case_id, null as message_text, recorded_at, ts_rank(search, $3::tsquery) as rank from events
        where tenant_id = $1 and pod = $2 and search is not null and search @@ $3::tsquery
        union all
        select case_id, text, recorded_at, ts_rank(search, $3::tsquery) from messages
        where tenant_id = $1 and pod = $2 and search is not null and search @@ $3::tsquery
      ), best as (
        select distinct on (case_id) case_id, message_text, recorded_at, rank from found
        order by case_id, rank desc, message_text nulls first, recorded_at desc
      )
      select case_id, rank, message_text from best order by rank desc, recorded_at desc, case_id desc limit $4`,
    values: [tenant, pod, query, limit],
  })
  return rows.map(row => ({ caseId: row.case_id, rank: row.rank, messageText: row.message_text }))
}
