import type { Reader } from './db.ts'

/** Cases whose outcome that counts is one word; null: those without any. */
export interface OutcomeCount {
  readonly outcome: string | null
  readonly cases: number
  /** Of these, with a label, and with a positive one. */
  readonly final: number
  readonly positive: number
  /** Of the positive ones, how long it took, summed up over so many. */
  readonly timeSum: number
  readonly timeCount: number
}

/**
 * The outcomes that count for the newest `limit` cases: one look into the index for each of them, however many outcomes
 * older cases got lately.
 */
export async function outcomeCounts(
  db: Reader,
  scope: { readonly tenant: string; readonly pod: string; readonly limit: number },
): Promise<readonly OutcomeCount[]> {
  const { rows } = await db.query<OutcomeCount>({
    name: 'analytics_outcomes',
    text: `with newest as materialized (
        select case_id, recorded_at, question from decisions where tenant_id = $1 and pod = $2
        order by recorded_at desc, case_id desc limit $3
      )
      select latest.outcome, count(*) as cases, count(label) as final, count(*) filter (where label = 1) as positive,
        coalesce(sum(time_to_conversion) filter (where label = 1), 0) as "timeSum",
        count(time_to_conversion) filter (where label = 1) as "timeCount"
      from newest left join lateral latest_outcome($1, $2, newest.case_id, newest.recorded_at, newest.question) latest on true
      group by latest.outcome order by cases desc, latest.outcome`,
    values: [scope.tenant, scope.pod, scope.limit],
  })
  return rows
}
