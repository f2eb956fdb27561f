import type { Static } from 'typebox'
import { type Interval, intervalWidth, isNarrow } from './decision.ts'
import type { Shown } from './http/route.ts'
import type { IntervalShape } from './http/shapes.ts'

/** The bounds of a probability as every answer shows them. Everything null: `reason` says why (`no_calibration`, `no_score`). */
export type IntervalView = Shown<Static<typeof IntervalShape>>

type LabelWord = NonNullable<IntervalView['label_set']>[number]
type ResidualView = NonNullable<IntervalView['absolute_residual']>[number]

/** Levels of the residual interval, in the order of `Interval.radii`. */
export const residualViewLevels = [0.9, 0.95, 0.99] as const

const labelSets: readonly (readonly LabelWord[])[] = [[], ['no'], ['yes'], ['no', 'yes']]

/**
 * The one place that turns the stored interval into what is shown.
 * @param probability the model's own, 0..1; null when nothing could score
 */
export function intervalView(interval: Interval, probability: number | null): IntervalView {
  return {
    prediction_lower_bound: interval.lower,
    prediction_upper_bound: interval.upper,
    confidence_interval_width: intervalWidth(interval),
    is_narrow_interval: isNarrow(interval),
    calibrated_probability: interval.calibrated,
    calibration_score: interval.calibrationScore,
    method: interval.method,
    calibration_size: interval.calibrationSize,
    level: interval.level,
    label_set: interval.labelSet === null ? null : labelSets[interval.labelSet]!,
    absolute_residual:
      interval.radii === null || probability === null ? null : residualViews(interval.radii, probability),
    reason: interval.reason,
  }
}

/** Too few rows for a level leave the whole range. */
function residualViews(radii: readonly (number | null)[], p: number): readonly ResidualView[] {
  return residualViewLevels.map((level, place) => {
    const radius = radii[place] ?? 1
    return { level, lower: Math.max(0, p - radius), upper: Math.min(1, p + radius) }
  })
}
