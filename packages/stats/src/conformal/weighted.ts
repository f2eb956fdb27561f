import { type Refusal, refuse } from '../refusal.ts'
import { ascendingOrder } from '../sort-order.ts'

/** Calibration scores with weights, ready for many queries. */
export interface WeightedScores {
  readonly ok: true
  /** Ascending. */
  readonly scores: Float64Array
  /** Sum of the weights up to and including each score. */
  readonly cumulative: Float64Array
  /** (sum of weights)² / sum of squared weights: how many equal rows these are worth. */
  readonly effectiveSize: number
  readonly n: number
  readonly method: 'weighted_conformal'
}

/** Fewest effective rows for which a weighted quantile is given. */
export const smallestOverlap = 100

/** How many rows of equal weight these are worth: (Σw)²/Σw²; 0 when all weights are 0. */
export function effectiveSampleSize(weights: Float64Array): number {
  let sum = 0
  let squares = 0
  let largest = 0
  for (let i = 0; i < weights.length; i++) largest = Math.max(largest, weights[i]!)
  if (!(largest > 0)) return 0
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i]! / largest // squares of very large or small weights would leave the range of doubles
    sum += w
    squares += w * w
  }
  return (sum * sum) / squares
}

/**
 * Prepares weighted split conformal: for covariate shift with w = density ratio new/old, for label shift with w = ratio of
 * the class shares, for ageing with `ageWeights`.
 * @param scores  finite, one per calibration row
 * @param weights one number of at least 0 per row
 * @param options.smallest effective rows below which the answer is `low_overlap` (default 100)
 * @returns       or `empty`, `not_finite`, `out_of_range`, `low_overlap`
 * @see Tibshirani et al. 2019 (arXiv 1904.06019); Podkopaev & Ramdas 2021; Barber et al. 2023 (arXiv 2202.13415)
 */
export function fitWeightedScores(
  scores: Float64Array,
  weights: Float64Array,
  options: { readonly smallest?: number } = {},
): WeightedScores | Refusal {
  if (scores.length !== weights.length) throw new RangeError(`${scores.length} scores but ${weights.length} weights`)
  const n = scores.length
  if (n === 0) return refuse('empty', 0, 1, 'no rows')
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(scores[i]!)) return refuse('not_finite', i, n, `the score of row ${i} is not a finite number`)
    if (!(weights[i]! >= 0 && weights[i]! < Infinity)) {
      return refuse('out_of_range', i, n, `the weight of row ${i} is not a number of at least 0`)
    }
  }
  const smallest = options.smallest ?? smallestOverlap
  const effectiveSize = effectiveSampleSize(weights)
  if (effectiveSize < smallest - 1e-9) {
    return refuse(
      'low_overlap',
      effectiveSize,
      smallest,
      `the weights leave ${effectiveSize.toFixed(1)} effective rows`,
    )
  }
  const order = ascendingOrder(scores)
  const sorted = new Float64Array(n)
  const cumulative = new Float64Array(n)
  let sum = 0
  order.forEach((row, i) => {
    sum += weights[row]!
    sorted[i] = scores[row]!
    cumulative[i] = sum
  })
  return { ok: true, scores: sorted, cumulative, effectiveSize, n, method: 'weighted_conformal' }
}

/**
 * Largest plausible score of a new row: the 1 - alpha quantile of the weighted calibration scores with the new row's own
 * weight at infinity. O(log n).
 * @param weight of the new row, on the scale of the calibration weights; at least 0
 * @param alpha  errors allowed, in (0, 1)
 * @returns      null when the new row's weight alone exceeds alpha: then every label is plausible
 */
export function weightedThreshold(fit: WeightedScores, weight: number, alpha: number): number | null {
  if (!(weight >= 0 && alpha > 0 && alpha < 1)) {
    throw new RangeError(`weightedThreshold(${weight}, ${alpha}) is not defined`)
  }
  const known = fit.cumulative[fit.n - 1]!
  // The guard is a billionth of one average row, as for the ranks without weights.
  const wanted = (1 - alpha) * (known + weight) - (1e-9 * known) / fit.n
  let low = 0
  let high = fit.n
  while (low < high) {
    const middle = (low + high) >>> 1
    if (fit.cumulative[middle]! < wanted) low = middle + 1
    else high = middle
  }
  return low === fit.n ? null : fit.scores[low]!
}

/**
 * Weights that fade with age, rho^age; a new row weighs 1.
 * @param ages  at least 0, any unit
 * @param rho   in (0, 1]: what a row keeps per unit of age
 */
export function ageWeights(ages: Float64Array, rho: number): Float64Array {
  if (!(rho > 0 && rho <= 1)) throw new RangeError(`rho must be in (0, 1], got ${rho}`)
  return ages.map(age => {
    if (!(age >= 0)) throw new RangeError(`an age must be 0 or more, got ${age}`)
    return rho ** age
  })
}
