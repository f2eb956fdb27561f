import { solveTwoParameterLogistic } from '../calibration/two-parameter-logistic.ts'
import { checkProbabilities } from '../labels.ts'
import { logit } from '../model/sigmoid.ts'
import { type Refusal, refuse } from '../refusal.ts'

/** Straight line of the outcomes on the log-odds said: slope 1 and intercept 0 are perfect, slope < 1 is overconfident. */
export interface CalibrationLine {
  readonly ok: true
  readonly slope: number
  readonly intercept: number
  readonly n: number
  readonly positives: number
  /** Rows whose probability lay outside [1e-12, 1 - 1e-12] and was clipped. */
  readonly clipped: number
}

/**
 * Calibration slope and intercept: logistic regression of y on logit p, maximum likelihood.
 * @param p probabilities in [0, 1], one per row
 * @param y 0 or 1 per row, same order
 * @returns or `empty`, `one_class`, `constant` (fewer than 2 distinct p), `separated` (p ranks the rows perfectly, one
 *          way or the other: the slope is infinite), `not_finite`, `out_of_range`, `not_converged`
 * @see Cox 1958; fixture by the committed program logistic_fixture.py
 */
export function calibrationLine(p: Float64Array, y: Uint8Array): CalibrationLine | Refusal {
  const counts = checkProbabilities(p, y)
  if ('ok' in counts) return counts
  if (counts.positives === 0 || counts.negatives === 0) return refuse('one_class', 0, 1, 'both classes are needed')
  const z = Float64Array.from(p, logit)
  const lowest = [Infinity, Infinity]
  const highest = [-Infinity, -Infinity]
  for (let i = 0; i < counts.n; i++) {
    const label = y[i]!
    lowest[label] = Math.min(lowest[label]!, z[i]!)
    highest[label] = Math.max(highest[label]!, z[i]!)
  }
  if (Math.min(...lowest) === Math.max(...highest)) return refuse('constant', 1, 2, 'all probabilities are equal')
  if (highest[0]! <= lowest[1]! || highest[1]! <= lowest[0]!) {
    return refuse('separated', 0, 1, 'the probabilities separate the classes: the slope is infinite')
  }
  const fit = solveTwoParameterLogistic(z, Float64Array.from(y))
  if (!fit.ok) return fit
  let clipped = 0
  for (let i = 0; i < counts.n; i++) if (p[i]! < 1e-12 || p[i]! > 1 - 1e-12) clipped++
  const { slope, intercept } = fit
  return { ok: true, slope, intercept, n: counts.n, positives: counts.positives, clipped }
}
