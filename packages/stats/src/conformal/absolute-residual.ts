import { checkProbabilities } from '../labels.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { conformalRank, rowsNeeded } from './conformal-rank.ts'

/** Half the width of a pooled residual interval at one level. */
export interface AbsoluteResidual {
  readonly ok: true
  readonly level: number
  /** |p - y| of the chosen calibration row, in [0, 1]. */
  readonly radius: number
  readonly n: number
  readonly method: 'absolute_residual'
}

/** An interval round a probability, cut to [0, 1]. */
export interface ResidualInterval {
  readonly lower: number
  readonly upper: number
  readonly width: number
  readonly level: number
}

/** The levels that are always reported. */
export const residualLevels: readonly number[] = [0.9, 0.95, 0.99]

/**
 * Split conformal on |p - y|, all rows in one pot. For display and for callers that know these field names only: for labels
 * of 0 and 1 the width says nothing about how firm the probability is, and a rare class may be missed altogether. Act
 * on label sets and certified thresholds instead.
 * @param p     probabilities in [0, 1] of rows the model has not seen, one per row
 * @param y     0 or 1 per row, same order
 * @param level coverage, in (0, 1)
 * @returns     or `empty`, `not_finite`, `out_of_range`, `too_few` (fewer than ceil(1/(1 - level)) - 1 rows)
 */
export function fitAbsoluteResidual(p: Float64Array, y: Uint8Array, level: number): AbsoluteResidual | Refusal {
  const counts = checkProbabilities(p, y)
  if ('ok' in counts) return counts
  if (!(level > 0 && level < 1)) {
    return refuse('out_of_range', Number.isFinite(level) ? level : 0, 1, `level must be in (0, 1), got ${level}`)
  }
  // 1 - .9 is .09999999999999998: the rounding guard of the rank takes care of it.
  const alpha = 1 - level
  const rank = conformalRank(counts.n, alpha)
  if (rank === null) {
    const need = rowsNeeded(alpha)
    return refuse('too_few', counts.n, need, `a level of ${level} needs ${need} rows with an outcome`)
  }
  const residuals = p.map((value, i) => Math.abs(value - y[i]!)).sort()
  return { ok: true, level, radius: residuals[rank - 1]!, n: counts.n, method: 'absolute_residual' }
}

/** The interval of one probability in [0, 1]. */
export function residualInterval(fit: AbsoluteResidual, p: number): ResidualInterval {
  const lower = Math.max(0, p - fit.radius)
  const upper = Math.min(1, p + fit.radius)
  return { lower, upper, width: upper - lower, level: fit.level }
}
