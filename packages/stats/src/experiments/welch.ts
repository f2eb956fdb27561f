import { checkLevel } from '../level.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { studentTPpf, studentTSf } from '../special/student-t.ts'
import { type SampleSummary, summarise } from './sample-summary.ts'

/** Two means compared once; `difference` = mean of the first minus mean of the second. */
export interface Welch {
  readonly ok: true
  readonly meanA: number
  readonly meanB: number
  readonly difference: number
  readonly lower: number
  readonly upper: number
  readonly se: number
  readonly t: number
  /** Satterthwaite; not a whole number. */
  readonly df: number
  /** Two-sided. */
  readonly p: number
  readonly n: number
  readonly level: number
  readonly method: 'welch'
}

/**
 * Welch's test: do two samples of unequal variance have different means?
 * @param a,b   finite numbers, at least two each
 * @param level coverage of the interval of the difference
 * @returns     or `empty`, `too_few`, `constant` (no variance in either), `not_finite`, `out_of_range`
 * @see Welch 1947; fixture by SciPy
 * @example welch([1800, 3600, 5400, 7200, 9000], [900, 1200, 1500, 2400, 3000]) // t 2.704, df 4.749, p 0.0449
 */
export function welch(a: ArrayLike<number>, b: ArrayLike<number>, level = 0.95): Welch | Refusal {
  const summaryA = summarise(a)
  if (!summaryA.ok) return summaryA
  const summaryB = summarise(b)
  if (!summaryB.ok) return summaryB
  return welchOfSummaries(summaryA, summaryB, level)
}

/** The same from summaries, which windows and workers can add up. */
export function welchOfSummaries(a: SampleSummary, b: SampleSummary, level = 0.95): Welch | Refusal {
  const problem = checkLevel(level)
  if (problem) return problem
  const smaller = Math.min(a.n, b.n)
  if (smaller === 0) return refuse('empty', 0, 2, 'an arm has no rows')
  if (smaller < 2) return refuse('too_few', smaller, 2, 'Welch needs two rows of each arm')
  const partA = a.squares / (a.n - 1) / a.n
  const partB = b.squares / (b.n - 1) / b.n
  const variance = partA + partB
  if (!(variance > 0)) return refuse('constant', 1, 2, 'no variance in either arm')
  if (!Number.isFinite(variance)) return refuse('not_finite', 0, 1, 'the variance is past the largest number')
  const difference = a.mean - b.mean
  const se = Math.sqrt(variance)
  // Shares of the variance instead of squares of it: those would underflow for very small spreads.
  const df = 1 / ((partA / variance) ** 2 / (a.n - 1) + (partB / variance) ** 2 / (b.n - 1))
  const t = difference / se
  const reach = studentTPpf((1 + level) / 2, df) * se
  return {
    ok: true,
    meanA: a.mean,
    meanB: b.mean,
    difference,
    lower: difference - reach,
    upper: difference + reach,
    se,
    t,
    df,
    p: 2 * studentTSf(Math.abs(t), df),
    n: a.n + b.n,
    level,
    method: 'welch',
  }
}
