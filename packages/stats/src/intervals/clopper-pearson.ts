import type { Refusal } from '../refusal.ts'
import { betaQuantile } from '../special/beta-quantile.ts'
import { checkShare, type ShareInterval } from './share-interval.ts'

/**
 * Exact interval for a share: covers at least `level` whatever the true share is; for promises.
 * A one-sided bound of 95 % is the upper end at level 0.90.
 * @param hits   successes: whole number, 0 to trials
 * @param trials whole number of at least 1, independent draws
 * @param level  coverage as a fraction in (0, 1)
 * @returns      fractions in [0, 1]; or `empty`, `out_of_range`
 * @see Clopper & Pearson 1934, Biometrika 26; fixture by SciPy
 * @example clopperPearson(0, 59, 0.9) // { ok: true, value: 0, lower: 0, upper: 0.0495, ... }
 */
export function clopperPearson(hits: number, trials: number, level = 0.95): ShareInterval | Refusal {
  const problem = checkShare(hits, trials, level)
  if (problem) return problem
  const tail = (1 - level) / 2
  const lower = hits === 0 ? 0 : betaQuantile(tail, hits, trials - hits + 1)
  const upper = hits === trials ? 1 : betaQuantile(1 - tail, hits + 1, trials - hits)
  return { ok: true, value: hits / trials, lower, upper, n: trials, level, method: 'clopper_pearson' }
}
