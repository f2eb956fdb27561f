import { checkScored } from '../labels.ts'
import type { Refusal } from '../refusal.ts'
import { ascendingOrder } from '../sort-order.ts'
import { checkWeights } from './check-weights.ts'
import { cellIndex, firstAtLeast } from './score-search.ts'

/**
 * An inductive Venn-Abers predictor: for each distinct calibration score the two probabilities an isotonic curve would
 * give it with one more row there, labelled 0 (`p0`) or 1 (`p1`).
 */
export interface VennAbers {
  readonly ok: true
  /** Distinct calibration scores, ascending. */
  readonly scores: Float64Array
  /** In [0, 1), not falling; same order as `scores`. */
  readonly p0: Float64Array
  /** In (0, 1], not falling, above p0. */
  readonly p1: Float64Array
  readonly n: number
  readonly positives: number
  readonly method: 'venn_abers'
}

/** Lower and upper probability of each score, and the point between them that costs least log loss. */
export interface VennAbersBatch {
  readonly p0: Float64Array
  readonly p1: Float64Array
  readonly p: Float64Array
}

/**
 * Fits inductive Venn-Abers in O(n log n). The member picked by the true label is perfectly calibrated for any n, as long
 * as calibration rows and later rows are exchangeable; the width p1 - p0 is about 1/(number of similar cases).
 * @param scores finite numbers, one per row, of a model that was not fitted on these rows; only their order counts
 * @param y      0 or 1 per row, same order; one class alone is answered too, with wide intervals
 * @param options.weights one non-negative number per row, at least one above 0; a case to be judged weighs 1
 * @returns      or `empty`, `not_finite`, `out_of_range`
 * @throws RangeError weights of another length
 * @see Vovk, Petej & Fedorova 2015 (arXiv 1511.00213), algorithms 1-4; fixture by the definition (scikit-learn)
 */
export function fitVennAbers(
  scores: Float64Array,
  y: Uint8Array,
  options: { readonly weights?: Float64Array } = {},
): VennAbers | Refusal {
  const counts = checkScored(scores, y)
  if ('ok' in counts) return counts
  const { weights } = options
  const problem = weights && checkWeights(weights, counts.n)
  if (problem) return problem
  const groups = groupByScore(scores, y, weights)
  const k = groups.scores.length
  const flipped = new Float64Array(k)
  const backwards = new Float64Array(k)
  for (let i = 0; i < k; i++) {
    backwards[i] = groups.weight[k - 1 - i]!
    flipped[i] = backwards[i]! - groups.sum[k - 1 - i]!
  }
  const p1 = slopesOfInsertedUnit(groups.weight, groups.sum, false)
  const p0 = slopesOfInsertedUnit(backwards, flipped, true).reverse()
  return { ok: true, scores: groups.scores, p0, p1, n: counts.n, positives: counts.positives, method: 'venn_abers' }
}

/**
 * Probability intervals for new scores, O(log n) each.
 * @param scores any numbers; beyond the calibrated range p0 may be 0 or p1 may be 1, since nothing was seen there
 * @throws RangeError for NaN: a bug of the caller
 */
export function predictVennAbers(fit: VennAbers, scores: Float64Array): VennAbersBatch {
  const p0 = new Float64Array(scores.length)
  const p1 = new Float64Array(scores.length)
  const p = new Float64Array(scores.length)
  const index = cellIndex(fit.scores, scores.length)
  const k = fit.scores.length
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!
    if (Number.isNaN(score)) throw new RangeError('a score was not a number')
    const at = firstAtLeast(fit.scores, index, score)
    const upper = at < k ? fit.p1[at]! : 1
    const below = at < k && fit.scores[at] === score ? at : at - 1
    const lower = below >= 0 ? fit.p0[below]! : 0
    p0[i] = lower
    p1[i] = upper
    p[i] = upper / (1 - lower + upper)
  }
  return { p0, p1, p }
}

/** The point of [p0, p1] with the least worst-case log loss. */
export function vennAbersPoint(p0: number, p1: number): number {
  return p1 / (1 - p0 + p1)
}

/** The point of [p0, p1] with the least worst-case Brier loss. */
export function vennAbersBrierPoint(p0: number, p1: number): number {
  return p1 + (p0 * p0) / 2 - (p1 * p1) / 2
}

interface Groups {
  readonly scores: Float64Array
  readonly weight: Float64Array
  readonly sum: Float64Array
}

/** Distinct scores with their weight and weighted number of positives; groups without weight are left out. */
function groupByScore(scores: Float64Array, y: Uint8Array, weights: Float64Array | undefined): Groups {
  const n = scores.length
  const order = ascendingOrder(scores)
  const distinct = new Float64Array(n)
  const weight = new Float64Array(n)
  const sum = new Float64Array(n)
  let k = 0
  for (let start = 0; start < n; ) {
    const score = scores[order[start]!]! + 0
    let groupWeight = 0
    let groupSum = 0
    let end = start
    for (; end < n && scores[order[end]!]! === score; end++) {
      const row = order[end]!
      const w = weights ? weights[row]! : 1
      groupWeight += w
      groupSum += w * y[row]!
    }
    start = end
    if (groupWeight === 0) continue
    distinct[k] = score
    weight[k] = groupWeight
    sum[k] = groupSum
    k++
  }
  return { scores: distinct.slice(0, k), weight: weight.slice(0, k), sum: sum.slice(0, k) }
}

/**
 * For each group i the value of the isotonic curve at a unit row of label 1 put in front of it: the slope of the lower
 * hull of the cumulative points there. The unit starts before all groups; each turn moves one group to its left.
 * With `complement`, 1 - slope, formed before the division so that it keeps its digits.
 */
function slopesOfInsertedUnit(weight: Float64Array, sum: Float64Array, complement: boolean): Float64Array {
  const k = weight.length
  // Points P_(-1) .. P_k are kept at index + 1.
  const x = new Float64Array(k + 2)
  const h = new Float64Array(k + 2)
  x[0] = -1
  h[0] = -1
  for (let i = 0; i < k; i++) {
    x[i + 2] = x[i + 1]! + weight[i]!
    h[i + 2] = h[i + 1]! + sum[i]!
  }
  // Corner numbers, the leftmost corner on top.
  const stack = new Int32Array(k + 2)
  let top = -1
  for (let point = k + 1; point >= 0; point--) {
    while (top > 0 && !turnsLeft(x, h, point, stack[top]!, stack[top - 1]!)) top--
    stack[++top] = point
  }
  const out = new Float64Array(k)
  for (let i = 1; i <= k; i++) {
    const first = stack[top]!
    const second = stack[top - 1]!
    const dx = x[second]! - x[first]!
    const dh = h[second]! - h[first]!
    out[i - 1] = complement ? (dx - dh) / dx : dh / dx
    // The group changes places with the unit: the point between them moves.
    x[i] = x[i - 1]! + x[i + 1]! - x[i]!
    h[i] = h[i - 1]! + h[i + 1]! - h[i]!
    if ((h[i]! - h[first]!) * dx >= dh * (x[i]! - x[first]!)) continue
    top--
    while (top > 0 && !turnsLeft(x, h, i, stack[top]!, stack[top - 1]!)) top--
    stack[++top] = i
  }
  return out
}

function turnsLeft(x: Float64Array, h: Float64Array, a: number, b: number, c: number): boolean {
  return (x[b]! - x[a]!) * (h[c]! - h[b]!) > (h[b]! - h[a]!) * (x[c]! - x[b]!)
}
