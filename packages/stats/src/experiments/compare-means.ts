import { type Refusal, refuse } from '../refusal.ts'
import { type ConfidenceSequence, confidenceSequence, leastPerArm } from './confidence-sequence.ts'
import type { SampleSummary } from './sample-summary.ts'

/**
 * Confidence sequence for mean of B minus mean of A, from the summaries of the arms; for screens that are looked at daily.
 * A conversion is a value of 0 or 1.
 * @returns or `empty`, `too_few` (under 100 units in an arm), `constant`, `not_finite`, `out_of_range`
 */
export function compareMeansAlways(
  a: SampleSummary,
  b: SampleSummary,
  level = 0.95,
  tuning = 5000,
): ConfidenceSequence | Refusal {
  const smaller = Math.min(a.n, b.n)
  if (smaller === 0) return refuse('empty', 0, leastPerArm, 'an arm has no units')
  if (smaller < leastPerArm) return refuse('too_few', smaller, leastPerArm, 'an arm has fewer than 100 units')
  const se = Math.sqrt(a.squares / (a.n - 1) / a.n + b.squares / (b.n - 1) / b.n)
  return confidenceSequence(b.mean - a.mean, se, a.n + b.n, level, tuning)
}

/** Summary of a column of zeros and ones from its counts. */
export function summaryOfCounts(hits: number, n: number): SampleSummary {
  return n === 0 ? { n: 0, mean: 0, squares: 0 } : { n, mean: hits / n, squares: (hits * (n - hits)) / n }
}
