import type { Analytics } from '@surety/contract'
import type { Db } from '../../store/db.ts'

/**
 * Outcomes of the newest `limit` leads. The latest outcome per lead wins: one look into the index for each of them, however
 * many outcomes older leads got lately.
 */
export async function outcomeAnalytics(
  db: Db,
  scope: { readonly tenant: string; readonly pod: string; readonly limit: number; readonly asOf: Date },
): Promise<Analytics> {
  const { rows } = await db.query<{
    outcome: string | null
    leads: number
    final: number
    positive: number
    time_sum: number
    time_count: number
  }>({
    name: 'analytics_outcomes',
    text: `with leads as materialized (
        select case_id, recorded_at from decisions where tenant_id = $1 and pod = $2
        order by recorded_at desc, case_id desc limit $3
      )
      select latest.outcome, count(*) as leads, count(label) as final, count(*) filter (where label = 1) as positive,
        coalesce(sum(time_to_conversion) filter (where label = 1), 0) as time_sum,
        count(time_to_conversion) filter (where label = 1) as time_count
      from leads left join lateral latest_outcome($1, $2, leads.case_id, leads.recorded_at) latest on true
      group by latest.outcome order by leads desc, latest.outcome`,
    values: [scope.tenant, scope.pod, scope.limit],
  })
  const sum = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((total, row) => total + of(row), 0)
  const totalLeads = sum(row => row.leads)
  const final = sum(row => row.final)
  const timed = sum(row => row.time_count)
  return {
    total_leads: totalLeads,
    total_outcomes: sum(row => (row.outcome === null ? 0 : row.leads)),
    pending: totalLeads - final,
    conversion_rate: final === 0 ? null : sum(row => row.positive) / final,
    conversion_n: final,
    outcome_breakdown: Object.fromEntries(
      rows.flatMap(row => (row.outcome === null ? [] : [[row.outcome, row.leads] as const])),
    ),
    avg_time_to_conversion: timed === 0 ? null : sum(row => row.time_sum) / timed,
    as_of: scope.asOf.toISOString(),
  }
}
