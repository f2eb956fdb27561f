import { type Interval, intervalWidth, isNarrow } from './decision.ts'

/** The bounds of a probability as every answer shows them. Everything null: `reason` says why (`no_calibration`, `no_score`). */
export type IntervalView = {
  /** Venn-Abers bounds of the calibrated probability, 0..1. */
  readonly prediction_lower_bound: number | null
  readonly prediction_upper_bound: number | null
  readonly confidence_interval_width: number | null
  /** Width strictly below .2 after rounding to six decimals. */
  readonly is_narrow_interval: boolean | null
  readonly calibrated_probability: number | null
  /** 1 - expected calibration error, cross-fitted. */
  readonly calibration_score: number | null
  readonly method: string | null
  readonly calibration_size: number
  /** null: Venn-Abers bounds promise calibration and carry no coverage level. */
  readonly level: number | null
  /** Labels that are still plausible at 90 % per class. */
  readonly label_set: readonly LabelWord[] | null
  /** Reported beside it and never acted on. */
  readonly absolute_residual: readonly ResidualView[] | null
  readonly reason: string | null
}

export type LabelWord = 'no' | 'yes'

/** Probability plus and minus one constant, cut to [0, 1]. */
export type ResidualView = {
  readonly level: number
  readonly lower: number
  readonly upper: number
}

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
