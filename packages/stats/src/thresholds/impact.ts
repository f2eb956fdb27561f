import type { Refusal } from '../refusal.ts'
import { type CurveOptions, type CurvePoint, curvePoint, pointAt, type ThresholdCurve } from './threshold-curve.ts'

/** What moving a threshold would have done to the rows of the curve. */
export interface ThresholdImpact {
  readonly ok: true
  readonly from: CurvePoint
  readonly to: CurvePoint
  /** `to` minus `from`. */
  readonly change: {
    readonly alerts: number
    readonly truePositives: number
    readonly falsePositives: number
    readonly unlabelled: number
    readonly alertsPerDay: number | null
    readonly cost: number | null
  }
}

/**
 * Impact table of moving a threshold: both states with bands, and the difference in whole cases.
 * @param from,to thresholds, finite; rows with a score at or above are alerts
 * @returns       or `out_of_range`
 */
export function thresholdImpact(
  curve: ThresholdCurve,
  from: number,
  to: number,
  options: CurveOptions = {},
): ThresholdImpact | Refusal {
  const before = curvePoint(curve, pointAt(curve, from), options)
  if (!before.ok) return before
  const after = curvePoint(curve, pointAt(curve, to), options)
  if (!after.ok) return after
  const minus = (a: number | null, b: number | null) => (a === null || b === null ? null : a - b)
  return {
    ok: true,
    // The thresholds asked for, not the scores they fall on.
    from: { ...before, threshold: from },
    to: { ...after, threshold: to },
    change: {
      alerts: after.alerts - before.alerts,
      truePositives: after.truePositives - before.truePositives,
      falsePositives: after.falsePositives - before.falsePositives,
      unlabelled: after.unlabelled - before.unlabelled,
      alertsPerDay: minus(after.alertsPerDay, before.alertsPerDay),
      cost: minus(after.cost, before.cost),
    },
  }
}
