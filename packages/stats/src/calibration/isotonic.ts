import { type ClassCounts, checkScored } from '../labels.ts'
import type { Refusal } from '../refusal.ts'
import { type ScoreGroups, scoreGroups, weightedScoreGroups } from '../score-groups.ts'
import { checkWeights } from './check-weights.ts'

/** A rising step curve through the data, kept as the knots where its level changes. */
export interface Isotonic {
  readonly ok: true
  /** Scores of the knots, ascending. */
  readonly scores: Float64Array
  /** Calibrated value at each knot, not falling, in [0, 1]. */
  readonly values: Float64Array
  readonly n: number
  readonly positives: number
  /** Values below and above which predictions are cut: [0, 1] or [1/(n+2), 1 - 1/(n+2)]. */
  readonly clip: readonly [number, number]
  readonly method: 'isotonic'
}

/**
 * Isotonic calibration: the rising curve with the least squared error, by pooling neighbours that fall. Rows of equal
 * score are merged first.
 * @param scores finite numbers, one per row
 * @param y      0 or 1 per row, same order
 * @param options.weights one non-negative number per row, at least one above 0
 * @param options.raw     true leaves exact 0 and 1 as they are (log loss then explodes); default: cut at 1/(n+2)
 * @returns      or `empty`, `not_finite`, `out_of_range`
 * @throws RangeError weights of another length
 * @see Barlow 1972; fixture by scikit-learn
 */
export function fitIsotonic(
  scores: Float64Array,
  y: Uint8Array,
  options: { readonly weights?: Float64Array; readonly raw?: boolean } = {},
): Isotonic | Refusal {
  const counts = checkScored(scores, y)
  if ('ok' in counts) return counts
  const { weights } = options
  const problem = weights && checkWeights(weights, counts.n)
  if (problem) return problem
  const groups = weights ? weightedScoreGroups(scores, y, weights) : scoreGroups(scores, y)
  return isotonicOfGroups(groups, counts, options.raw)
}

/** Isotonic calibration of rows that are grouped already; `counts` are those of all rows. */
export function isotonicOfGroups(groups: ScoreGroups, counts: ClassCounts, raw = false): Isotonic {
  const size = groups.scores.length
  // Stack of pooled blocks: weight, weighted sum of labels, first and last score.
  const weight = new Float64Array(size)
  const sum = new Float64Array(size)
  const first = new Float64Array(size)
  const last = new Float64Array(size)
  let top = -1
  for (let k = 0; k < size; k++) {
    top++
    weight[top] = groups.zeros[k]! + groups.ones[k]!
    sum[top] = groups.ones[k]!
    first[top] = groups.scores[k]!
    last[top] = groups.scores[k]!
    // Equal means are pooled too: the curve is the same and has fewer knots.
    while (top > 0 && sum[top - 1]! * weight[top]! >= sum[top]! * weight[top - 1]!) {
      weight[top - 1]! += weight[top]!
      sum[top - 1]! += sum[top]!
      last[top - 1] = last[top]!
      top--
    }
  }
  const knotScores: number[] = []
  const knotValues: number[] = []
  for (let b = 0; b <= top; b++) {
    const value = sum[b]! / weight[b]!
    knotScores.push(first[b]!)
    knotValues.push(value)
    if (last[b]! > first[b]!) {
      knotScores.push(last[b]!)
      knotValues.push(value)
    }
  }
  const edge = raw ? 0 : 1 / (counts.n + 2)
  return {
    ok: true,
    scores: Float64Array.from(knotScores),
    values: Float64Array.from(knotValues),
    n: counts.n,
    positives: counts.positives,
    clip: [edge, 1 - edge],
    method: 'isotonic',
  }
}

/**
 * Calibrated probabilities: linear between knots, level outside them, cut to the curve's `clip`. O(log knots) each.
 * @param scores any numbers; NaN throws, since a score that is not a number is a bug of the caller
 */
export function predictIsotonic(curve: Isotonic, scores: Float64Array): Float64Array {
  const { scores: knots, values, clip } = curve
  const lastKnot = knots.length - 1
  const lowest = knots[0]!
  // Equal cells over the range, each with the first knot at or above its left edge: most searches end at once.
  const cells = scores.length < 64 ? 1 : Math.min(1 << 14, 8 * knots.length)
  const density = cells / (knots[lastKnot]! - lowest)
  const perUnit = Number.isFinite(density) ? density : 0 // one knot, or a range too small or too large to divide
  const firstKnot = new Int32Array(cells + 1).fill(lastKnot)
  for (let cell = 0, knot = 0; cell <= cells; cell++) {
    while (knot < lastKnot && (knots[knot]! - lowest) * perUnit < cell) knot++
    firstKnot[cell] = knot
  }
  const out = new Float64Array(scores.length)
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!
    if (Number.isNaN(score)) throw new RangeError('a score was not a number')
    let value: number
    if (score <= lowest) value = values[0]!
    else if (score >= knots[lastKnot]!) value = values[lastKnot]!
    else {
      const cell = ((score - lowest) * perUnit) | 0
      let low = firstKnot[cell]!
      let high = cell < cells ? firstKnot[cell + 1]! : lastKnot
      while (low < high) {
        const middle = (low + high) >>> 1
        if (knots[middle]! < score) low = middle + 1
        else high = middle
      }
      const [from, before] = [knots[low - 1]!, values[low - 1]!]
      value = before + ((values[low]! - before) * (score - from)) / (knots[low]! - from)
    }
    out[i] = Math.min(clip[1], Math.max(clip[0], value))
  }
  return out
}
