import type { ReportInput } from '../report-input.ts'

/** Decisions that a model scored and whose outcome is known, in order of time. */
export interface ScoredDecisions {
  readonly at: Float64Array
  readonly p: Float64Array
  readonly y: Uint8Array
}

type Recorded = Pick<ReportInput, 'at' | 'probability' | 'outcome'>

export function scoredDecisions({ at, probability, outcome }: Recorded): ScoredDecisions {
  const rows: number[] = []
  for (let i = 0; i < at.length; i++) {
    if (!Number.isNaN(probability[i]!) && (outcome[i] === 0 || outcome[i] === 1)) rows.push(i)
  }
  return {
    at: Float64Array.from(rows, row => at[row]!),
    p: Float64Array.from(rows, row => probability[row]!),
    y: Uint8Array.from(rows, row => outcome[row]!),
  }
}
