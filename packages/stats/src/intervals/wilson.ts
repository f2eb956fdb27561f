import type { Refusal } from '../refusal.ts'
import { normalPpf } from '../special/normal.ts'
import { checkShare, type ShareInterval } from './share-interval.ts'

/**
 * Interval for a share that stays honest at small counts and near 0 or 1; for display (promises use Clopper-Pearson).
 * @param hits   successes: whole number, 0 to trials
 * @param trials whole number of at least 1, independent draws
 * @param level  coverage as a fraction in (0, 1)
 * @returns      fractions in [0, 1]; or `empty`, `out_of_range`
 * @see Wilson 1927, JASA 22; fixture by statsmodels
 * @example wilson(8, 10, 0.95) // { ok: true, value: 0.8, lower: 0.4902, upper: 0.9433, ... }
 */
export function wilson(hits: number, trials: number, level = 0.95): ShareInterval | Refusal {
  const problem = checkShare(hits, trials, level)
  if (problem) return problem
  const value = hits / trials
  const z = normalPpf((1 + level) / 2)
  const z2 = z * z
  const centre = (hits + z2 / 2) / (trials + z2)
  const reach = (z / (trials + z2)) * Math.sqrt(hits * (1 - value) + z2 / 4)
  // At 0 and at all hits the bound is exactly the end; rounding would leave 1e-17 there.
  const lower = hits === 0 ? 0 : Math.max(0, centre - reach)
  const upper = hits === trials ? 1 : Math.min(1, centre + reach)
  return { ok: true, value, lower, upper, n: trials, level, method: 'wilson' }
}
