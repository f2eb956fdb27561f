import { type Refusal, refuse } from '../refusal.ts'

/** Mergeable summary of one arm: rows, mean, centred sum of squares. */
export interface SampleSummary {
  readonly n: number
  readonly mean: number
  /** Σ(x - mean)². */
  readonly squares: number
}

/** The summary of no rows. */
export const emptySummary: SampleSummary = { n: 0, mean: 0, squares: 0 }

/**
 * Summary of a column by Welford's recursion.
 * @param values finite numbers
 * @returns      or `not_finite`
 */
export function summarise(values: ArrayLike<number>): ({ readonly ok: true } & SampleSummary) | Refusal {
  let mean = 0
  let squares = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) return refuse('not_finite', i, values.length, `value ${i} is not a finite number`)
    const away = value - mean
    mean += away / (i + 1)
    squares += away * (value - mean)
  }
  return { ok: true, n: values.length, mean, squares }
}

/** Summary of both parts together, as if summarised in one go (Chan, Golub & LeVeque 1983). */
export function mergeSummaries(a: SampleSummary, b: SampleSummary): SampleSummary {
  const n = a.n + b.n
  if (n === 0) return emptySummary
  const away = b.mean - a.mean
  return {
    n,
    mean: a.mean + (away * b.n) / n,
    squares: a.squares + b.squares + (away * away * a.n * b.n) / n,
  }
}
