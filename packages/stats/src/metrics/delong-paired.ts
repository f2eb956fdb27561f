import { covarianceAround } from '../covariance.ts'
import { checkTwoClasses } from '../labels.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { normalPpf, normalSf } from '../special/normal.ts'
import { placements } from './placements.ts'

/** Comparison of two scores on the same rows; `difference` = AUC of A minus AUC of B, with its interval. */
export interface DelongPaired {
  readonly ok: true
  readonly aucA: number
  readonly aucB: number
  readonly difference: number
  readonly lower: number
  readonly upper: number
  readonly z: number
  /** Two-sided. */
  readonly p: number
  readonly varianceA: number
  readonly varianceB: number
  readonly covariance: number
  readonly n: number
  readonly positives: number
  readonly level: number
  /** `no_difference` when the two scores rank every pair alike, so that the difference has no variance. */
  readonly method: 'delong_paired' | 'no_difference'
}

/** Rows of each class below which the normal approximation is not trusted. */
const leastPerClass = 10

/**
 * Do two scores of the same rows rank equally well? DeLong's test for correlated ROC curves.
 * @param scoresA,scoresB one finite number per row each
 * @param y     0 or 1 per row, same order
 * @param level coverage of the interval of the difference, fraction in (0, 1)
 * @returns     or `empty`, `one_class`, `not_finite`, `out_of_range`, `too_few` (fewer than 10 rows of a class)
 * @see DeLong 1988; Sun & Xu 2014; fixture from R pROC (paired p .0272 where the unpaired test says .153)
 */
export function delongPaired(
  scoresA: Float64Array,
  scoresB: Float64Array,
  y: Uint8Array,
  level = 0.95,
): DelongPaired | Refusal {
  if (!(level > 0 && level < 1))
    return refuse('out_of_range', Number.isFinite(level) ? level : 0, 1, 'level must be in (0, 1)')
  const counts = checkTwoClasses(scoresA, y)
  if ('ok' in counts) return counts
  const countsB = checkTwoClasses(scoresB, y)
  if ('ok' in countsB) return countsB
  const smaller = Math.min(counts.positives, counts.negatives)
  if (smaller < leastPerClass)
    return refuse('too_few', smaller, leastPerClass, 'a paired AUC test needs 10 rows of each class')
  const a = placements(scoresA, y)
  const b = placements(scoresB, y)
  const spread = (one: typeof a, other: typeof a) =>
    covarianceAround(one.positives, one.auc, other.positives, other.auc) / counts.positives +
    covarianceAround(one.negatives, one.auc, other.negatives, other.auc) / counts.negatives
  const varianceA = spread(a, a)
  const varianceB = spread(b, b)
  const covariance = spread(a, b)
  const difference = a.auc - b.auc
  const variance = varianceA + varianceB - 2 * covariance
  const known = { ok: true, aucA: a.auc, aucB: b.auc, varianceA, varianceB, covariance, level } as const
  const sample = { n: counts.n, positives: counts.positives }
  // Rounding leaves a few 1e-16 of the variances when the placements are equal; that is no evidence either way.
  if (!(variance > 1e-14 * (varianceA + varianceB))) {
    return {
      ...known,
      ...sample,
      difference,
      lower: difference,
      upper: difference,
      z: 0,
      p: 1,
      method: 'no_difference',
    }
  }
  const se = Math.sqrt(variance)
  const z = difference / se
  const reach = normalPpf((1 + level) / 2) * se
  const interval = { lower: difference - reach, upper: difference + reach, z, p: 2 * normalSf(Math.abs(z)) }
  return { ...known, ...sample, difference, ...interval, method: 'delong_paired' }
}
