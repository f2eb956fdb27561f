import { type Refusal, refuse } from '../refusal.ts'
import { type CurveOptions, type CurvePoint, curvePoint, type ThresholdCurve } from './threshold-curve.ts'

/**
 * The probability from which acting pays: harm/(harm + benefit). Valid for calibrated probabilities only.
 * @param benefit gain of acting on a row of class 1, >= 0
 * @param harm    loss of acting on a row of class 0, >= 0
 * @returns       or `out_of_range` (negative, not finite, or both 0)
 * @see Elkan 2001, IJCAI
 * @example costThreshold(90, 10) // { ok: true, threshold: 0.1 }
 */
export function costThreshold(
  benefit: number,
  harm: number,
): { readonly ok: true; readonly threshold: number } | Refusal {
  if (!(benefit >= 0 && harm >= 0 && benefit + harm < Infinity)) {
    return refuse('out_of_range', 0, 0, 'benefit and harm must be finite and not negative')
  }
  if (benefit + harm === 0) return refuse('out_of_range', 0, 1, 'benefit and harm are both 0: nothing is at stake')
  return { ok: true, threshold: harm / (harm + benefit) }
}

/**
 * What to do with a probability known only to lie between two (Venn-Abers p0 and p1): act only if even the lower one pays,
 * clear only if even the upper one does not, else ask a person.
 */
export function actOrAsk(p0: number, p1: number, threshold: number): 'act' | 'clear' | 'ask' {
  if (p0 > threshold) return 'act'
  return p1 < threshold ? 'clear' : 'ask'
}

/**
 * The point of least cost on past rows, found by looking at every distinct score (cost is not monotone or convex in the
 * threshold). Of equal costs the strictest. A guess with a name: it promises nothing about the next rows.
 * @param options `costs` is needed
 * @returns       or `out_of_range`
 */
export function cheapestPoint(
  curve: ThresholdCurve,
  options: CurveOptions & { readonly costs: NonNullable<CurveOptions['costs']> },
): CurvePoint | Refusal {
  const { falsePositive, falseNegative } = options.costs
  let best = -1
  let least = falseNegative * curve.positives
  for (let k = 0; k < curve.thresholds.length; k++) {
    const cost = falsePositive * curve.falsePositives[k]! + falseNegative * (curve.positives - curve.truePositives[k]!)
    if (cost < least) {
      least = cost
      best = k
    }
  }
  return curvePoint(curve, best, options)
}

/**
 * The loosest threshold that people can keep up with: at most `alertsPerDay` alerts a day, unlabelled rows included, no
 * group of equal scores cut.
 * @param options `days` is needed
 * @returns       or `too_few` (even the highest score alone gives more alerts), `out_of_range`
 */
export function capacityPoint(
  curve: ThresholdCurve,
  alertsPerDay: number,
  options: CurveOptions & { readonly days: number },
): CurvePoint | Refusal {
  if (!(alertsPerDay >= 0 && alertsPerDay < Infinity)) {
    return refuse('out_of_range', 0, 0, 'the capacity must be finite and not negative')
  }
  const most = alertsPerDay * options.days + 1e-9
  const alerts = (k: number) => curve.truePositives[k]! + curve.falsePositives[k]! + curve.unlabelled[k]!
  // The number of alerts only grows along the curve, so here, unlike with rates, the first excess ends the walk.
  let k = -1
  while (k + 1 < curve.thresholds.length && alerts(k + 1) <= most) k++
  if (k < 0 && options.days > 0) {
    return refuse('too_few', Math.floor(most), alerts(0), 'the rows of the highest score alone are more than that')
  }
  return curvePoint(curve, k, options)
}
