import { checkScored } from '../labels.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { ascendingOrder } from '../sort-order.ts'
import { binomialCdf } from '../special/binomial.ts'

/** How far down clearing may reach so that few of the cases that matter are cleared. */
export interface MissBudget {
  readonly ok: true
  /** Clear only where the score is strictly below this. */
  readonly below: number
  /** Largest share of positives that may be cleared, and the chance that the certification is mistaken. */
  readonly beta: number
  readonly delta: number
  readonly positives: number
  /** Calibration rows that would be cleared, and the positives among them. */
  readonly cleared: number
  readonly missed: number
  readonly n: number
  readonly method: 'miss_budget'
}

/**
 * Certifies the share of positives that clearing misses. With rare positives "few of the cleared are wrong" promises
 * nothing; this does. Exact by order statistics: k is the largest number with P(Bin(positives, beta) <= k) <= delta, and
 * the cut is the (k + 1)-th smallest score of the positives.
 * @param scores finite, high for class 1, of a model that was not fitted on these rows
 * @param y      0 or 1 per row, same order
 * @param beta   largest share of positives cleared, in (0, 1)
 * @param delta  in (0, 1)
 * @returns      or `empty`, `not_finite`, `out_of_range`, `not_certifiable` (have and need: positives)
 */
export function certifyMissBudget(
  scores: Float64Array,
  y: Uint8Array,
  beta: number,
  delta: number,
): MissBudget | Refusal {
  const counts = checkScored(scores, y)
  if ('ok' in counts) return counts
  for (const value of [beta, delta]) {
    if (!(value > 0 && value < 1)) {
      return refuse(
        'out_of_range',
        Number.isFinite(value) ? value : 0,
        1,
        `beta and delta must be in (0, 1), got ${value}`,
      )
    }
  }
  const { positives } = counts
  // Largest k with binomialCdf(k) <= delta, by halving: low passes (or is -1), high does not.
  let low = -1
  let high = positives
  while (low + 1 < high) {
    const middle = (low + high) >> 1
    if (binomialCdf(middle, positives, beta) <= delta) low = middle
    else high = middle
  }
  if (low < 0 || positives === 0) {
    const need = Math.ceil(Math.log(delta) / Math.log1p(-beta) - 1e-9)
    return refuse('not_certifiable', positives, need, `${need} rows of class 1 are needed to bound the share missed`)
  }
  const order = ascendingOrder(scores)
  let passed = 0
  let below = 0
  for (const row of order) {
    if (y[row] !== 1) continue
    below = scores[row]! + 0
    if (passed++ === low) break
  }
  let cleared = 0
  let missed = 0
  for (let i = 0; i < counts.n; i++) {
    if (scores[i]! < below) {
      cleared++
      missed += y[i]!
    }
  }
  return { ok: true, below, beta, delta, positives, cleared, missed, n: counts.n, method: 'miss_budget' }
}
