import { type Refusal, refuse } from '../refusal.ts'
import { betaQuantile } from '../special/beta-quantile.ts'
import { incompleteBeta } from '../special/incomplete-beta.ts'

/**
 * Which order statistic of n calibration scores a new score exceeds with probability at most `alpha`:
 * k = n + 1 - floor((n + 1)·alpha), counted from 1 at the smallest.
 * @param n     calibration scores, whole number of at least 0
 * @param alpha share of errors allowed, in (0, 1)
 * @param delta null for "on average over calibrations"; else the chance, in (0, 1), that a calibration may fall short:
 *              the rank is then raised until the coverage is at least 1 - alpha with probability 1 - delta
 * @returns     rank from 1 to n, or null when no score is large enough (fewer than `rowsNeeded`)
 * @see Vovk 2003; Angelopoulos & Bates 2021 (arXiv 2107.07511), section 3.2; Vovk 2012 for delta
 * @example conformalRank(37, 0.1) // 35
 */
export function conformalRank(n: number, alpha: number, delta: number | null = null): number | null {
  if (!(Number.isSafeInteger(n) && n >= 0 && alpha > 0 && alpha < 1)) {
    throw new RangeError(`conformalRank(${n}, ${alpha}) is not defined`)
  }
  // The product carries rounding (20 · .05 is 1.0000000000000002 in other words): never let it cost a rank.
  const rank = Math.max(1, n + 1 - Math.floor((n + 1) * alpha + 1e-9))
  if (rank > n) return null
  if (delta === null) return rank
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta must be in (0, 1), got ${delta}`)
  const fallsShort = (k: number) => incompleteBeta(k, n + 1 - k, 1 - alpha, alpha)
  if (fallsShort(n) > delta) return null
  let low = rank
  let high = n
  while (low < high) {
    const middle = (low + high) >>> 1
    if (fallsShort(middle) <= delta) high = middle
    else low = middle + 1
  }
  return low
}

/**
 * Fewest calibration scores for which the rank exists: ceil(1/alpha) - 1, and with `delta` the smallest n with
 * (1 - alpha)^n <= delta.
 */
export function rowsNeeded(alpha: number, delta: number | null = null): number {
  const average = Math.ceil(1 / alpha - 1e-9) - 1
  return delta === null ? average : Math.max(average, Math.ceil(Math.log(delta) / Math.log1p(-alpha) - 1e-9))
}

/** How the true coverage of one calibration set scatters: Beta(n + 1 - l, l) with l = floor((n + 1)·alpha). */
export interface CoverageLaw {
  readonly ok: true
  readonly n: number
  readonly l: number
  readonly mean: number
  readonly standardDeviation: number
  /** Coverage that nineteen of twenty calibrations exceed. */
  readonly fifthPercentile: number
}

/**
 * The law of the coverage over calibration sets of n rows, for continuous scores.
 * @returns or `too_few` when the set is too small for any rank, `out_of_range`
 */
export function coverageLaw(n: number, alpha: number): CoverageLaw | Refusal {
  if (!(alpha > 0 && alpha < 1))
    return refuse('out_of_range', Number.isFinite(alpha) ? alpha : 0, 1, 'alpha is not in (0, 1)')
  const rank = conformalRank(n, alpha)
  if (rank === null) return refuse('too_few', n, rowsNeeded(alpha), `${n} rows are too few for ${alpha} errors`)
  const l = n + 1 - rank
  const mean = rank / (n + 1)
  const standardDeviation = Math.sqrt((mean * (1 - mean)) / (n + 2))
  return { ok: true, n, l, mean, standardDeviation, fifthPercentile: betaQuantile(0.05, rank, l) }
}
