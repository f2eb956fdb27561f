import { conformalRank } from './conformal-rank.ts'
import type { LabelSet } from './label-set.ts'
import { labelScore } from './label-set.ts'

/**
 * One adaptive error level as plain data. The level in force is start + gamma·(target·n - errors), formed from counts so
 * that rounding never adds up.
 */
export interface AdaptiveLevel {
  /** Share of errors aimed at, in (0, 1). */
  readonly target: number
  /** Level in force before the first outcome. */
  readonly start: number
  /** Step per outcome; .005 to .05 are usual. */
  readonly gamma: number
  readonly n: number
  readonly errors: number
}

/** A fresh level. @throws RangeError unless target and start are in (0, 1) and gamma is above 0 */
export function adaptiveLevel(target: number, gamma: number, start = target): AdaptiveLevel {
  if (!(target > 0 && target < 1 && start > 0 && start < 1 && gamma > 0 && gamma < Infinity)) {
    throw new RangeError(`adaptiveLevel(${target}, ${gamma}, ${start}) is not defined`)
  }
  return { target, start, gamma, n: 0, errors: 0 }
}

/** The error level in force; at 0 and below everything is in the set, at 1 and above nothing. */
export function levelInForce(level: AdaptiveLevel): number {
  return level.start + level.gamma * (level.target * level.n - level.errors)
}

/**
 * The level after one more outcome.
 * @param covered whether the set at the level in force *now* held the outcome: judge by the present level, also where the
 *                answer went out earlier, or the bound does not hold
 * @throws RangeError a miss by a full set, or a hit by an empty one: then another level was used
 */
export function stepLevel(level: AdaptiveLevel, covered: boolean): AdaptiveLevel {
  const now = levelInForce(level)
  if ((now <= 0 && !covered) || (now >= 1 && covered)) {
    throw new RangeError(`at level ${now} the outcome cannot be ${covered ? 'covered' : 'missed'}`)
  }
  return { ...level, n: level.n + 1, errors: level.errors + (covered ? 0 : 1) }
}

/**
 * How far the share of errors can be from the target after n outcomes, for any sequence whatever:
 * (max(start, 1 - start) + gamma)/(gamma·n).
 * @see Gibbs & Candès 2021 (arXiv 2106.00170), proposition 4.1
 */
export function adaptiveBound(level: Pick<AdaptiveLevel, 'start' | 'gamma'>, n: number): number {
  return (Math.max(level.start, 1 - level.start) + level.gamma) / (level.gamma * n)
}

/** One level per class, moved only by outcomes of that class. */
export type AdaptiveClasses = readonly [AdaptiveLevel, AdaptiveLevel]

/** Sorted calibration scores per class, as `labelScore` gives them. */
export type ClassScores = readonly [Float64Array, Float64Array]

/**
 * The label set of a row at the levels in force.
 * @param scores per class the sorted scores 1 - (probability of the class) of calibration rows of that class
 * @param p      probability of class 1, in [0, 1]
 */
export function adaptiveSet(levels: AdaptiveClasses, scores: ClassScores, p: number): LabelSet {
  return ((plausible(levels[0], scores[0], labelScore(p, 0)) ? 1 : 0) |
    (plausible(levels[1], scores[1], labelScore(p, 1)) ? 2 : 0)) as LabelSet
}

/** The levels after the outcome of one row: that of its class moves, the other stays. */
export function observeAdaptive(levels: AdaptiveClasses, scores: ClassScores, p: number, y: 0 | 1): AdaptiveClasses {
  const moved = stepLevel(levels[y], plausible(levels[y], scores[y], labelScore(p, y)))
  return y === 0 ? [moved, levels[1]] : [levels[0], moved]
}

/** Whether a score is within the calibration quantile of the level in force. */
export function plausible(level: AdaptiveLevel, sorted: Float64Array, score: number): boolean {
  const alpha = levelInForce(level)
  if (alpha <= 0) return true
  if (alpha >= 1) return false
  const rank = conformalRank(sorted.length, alpha)
  return rank === null || score <= sorted[rank - 1]!
}
