import type { Analytics } from '@surety/contract'
import type { Reader } from '../../store/db.ts'
import { type OutcomeCount, outcomeCounts } from '../../store/outcome-counts.ts'

/** Outcomes of the newest `limit` cases. The latest outcome per case wins. */
export async function outcomeAnalytics(
  db: Reader,
  scope: { readonly tenant: string; readonly pod: string; readonly limit: number; readonly asOf: Date },
): Promise<Analytics> {
  const rows = await outcomeCounts(db, scope)
  const sum = (of: (row: OutcomeCount) => number): number => rows.reduce((total, row) => total + of(row), 0)
  const totalLeads = sum(row => row.cases)
  const final = sum(row => row.final)
  const timed = sum(row => row.timeCount)
  return {
    total_leads: totalLeads,
    total_outcomes: sum(row => (row.outcome === null ? 0 : row.cases)),
    pending: totalLeads - final,
    conversion_rate: final === 0 ? null : sum(row => row.positive) / final,
    conversion_n: final,
    outcome_breakdown: Object.fromEntries(
      rows.flatMap(row => (row.outcome === null ? [] : [[row.outcome, row.cases] as const])),
    ),
    avg_time_to_conversion: timed === 0 ? null : sum(row => row.timeSum) / timed,
    as_of: scope.asOf.toISOString(),
  }
}
