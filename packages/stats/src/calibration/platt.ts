import { checkTwoClasses } from '../labels.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { solveTwoParameterLogistic } from './two-parameter-logistic.ts'

/** Sigmoid calibration: p = sigmoid(a·z + b). */
export interface Platt {
  readonly ok: true
  readonly a: number
  readonly b: number
  readonly n: number
  readonly positives: number
  readonly method: 'platt'
}

/**
 * Platt calibration with smoothed targets (n1 + 1)/(n1 + 2) and 1/(n0 + 2), so that separable scores stay finite.
 * @param z raw scores on the logit scale (log-odds), one per row
 * @param y 0 or 1 per row, same order
 * @returns a > 0 and b; or `empty`, `one_class`, `not_finite`, `out_of_range`, `constant` (all z equal),
 *          `no_signal` (the fitted slope is not positive: the score does not rank)
 * @see Platt 1999; Lin, Lin & Weng 2007
 */
export function fitPlatt(z: Float64Array, y: Uint8Array): Platt | Refusal {
  const counts = checkTwoClasses(z, y)
  if ('ok' in counts) return counts
  const { n, positives, negatives } = counts
  if (z.every(value => value === z[0])) return refuse('constant', 1, 2, 'all scores are equal')
  const high = (positives + 1) / (positives + 2)
  const low = 1 / (negatives + 2)
  const targets = Float64Array.from(y, label => (label === 1 ? high : low))
  const fit = solveTwoParameterLogistic(z, targets)
  if (!fit.ok) return fit
  if (!(fit.slope > 0))
    return refuse('no_signal', 0, 1, `the calibration slope is ${fit.slope.toPrecision(3)}: the score does not rank`)
  return { ok: true, a: fit.slope, b: fit.intercept, n, positives, method: 'platt' }
}
