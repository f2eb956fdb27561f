import { clopperPearson } from '../intervals/clopper-pearson.ts'
import { checkScored } from '../labels.ts'
import { checkLevel } from '../level.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { ascendingOrder } from '../sort-order.ts'
import { type Figure, ratio } from './figure.ts'

/** How good the k highest scores are. */
export interface TopK {
  readonly ok: true
  readonly k: number
  readonly n: number
  readonly positives: number
  /** Rows of class 1 among the k; a fraction when ties are cut (expected value over their orders). */
  readonly hits: number
  /** hits/k with its Clopper-Pearson interval. */
  readonly precision: number
  readonly lower: number
  readonly upper: number
  readonly level: number
  /** Precision over the base rate; refused without a row of class 1. */
  readonly lift: Figure | Refusal
  /** Share of all class 1 that the k hold (recall at k); refused without a row of class 1. */
  readonly gain: Figure | Refusal
  readonly method: 'clopper_pearson'
}

/**
 * Precision, lift and gain of the k highest scores. Where k falls inside a group of equal scores, the group counts with
 * its share of class 1: the expected value over all orders, so that the answer does not hang on the order of the rows.
 * @param k whole number from 1 to n
 * @returns or `empty`, `too_few` (k > n), `not_finite`, `out_of_range`
 * @example topK(Float64Array.of(0.9, 0.8, 0.1), Uint8Array.of(1, 0, 0), 2) // precision 0.5, lift.value 1.5, gain.value 1
 */
export function topK(scores: Float64Array, y: Uint8Array, k: number, level = 0.95): TopK | Refusal {
  const problem = checkLevel(level)
  if (problem) return problem
  const counts = checkScored(scores, y)
  if ('ok' in counts) return counts
  if (!(Number.isSafeInteger(k) && k >= 1)) {
    return refuse('out_of_range', Number.isFinite(k) ? k : 0, 1, `k must be a whole number of at least 1, got ${k}`)
  }
  if (k > counts.n) return refuse('too_few', counts.n, k, `${counts.n} rows, but the top ${k} were asked for`)
  const order = ascendingOrder(scores)
  let taken = 0
  let hits = 0
  while (taken < k) {
    const group = tiedGroup(scores, y, order, counts.n - taken)
    hits += group.positives * Math.min(1, (k - taken) / group.rows)
    taken += group.rows
  }
  const low = clopperPearson(Math.floor(hits + 1e-9), k, level)
  const high = clopperPearson(Math.ceil(hits - 1e-9), k, level)
  if (!low.ok) return low
  if (!high.ok) return high
  const noPositives = 'no row of class 1'
  const { n, positives } = counts
  return {
    ok: true,
    k,
    n,
    positives,
    hits,
    precision: hits / k,
    lower: low.lower,
    upper: high.upper,
    level,
    lift: ratio(hits / k, positives / n, k, noPositives),
    gain: ratio(hits, positives, positives, noPositives),
    method: 'clopper_pearson',
  }
}

/** Rows and rows of class 1 of the group of equal scores that ends before position `end` of the ascending order. */
function tiedGroup(scores: Float64Array, y: Uint8Array, order: Uint32Array, end: number) {
  const score = scores[order[end - 1]!]!
  let start = end
  let positives = 0
  while (start > 0 && scores[order[start - 1]!]! === score) positives += y[order[--start]!]!
  return { rows: end - start, positives }
}

/** The cumulative gain curve. */
export interface GainCurve {
  readonly ok: true
  readonly n: number
  readonly positives: number
  /** Share of the rows, best scores first: 1/parts, 2/parts, ..., 1. */
  readonly share: Float64Array
  /** Share of class 1 found among them. */
  readonly gain: Float64Array
  /** gain/share. */
  readonly lift: Float64Array
  /** Area under the gain curve: .5 for random order, 1 - π/2 at best. */
  readonly area: number
}

/**
 * Gain and lift at even shares of the rows ("the top half holds 79 % of the buyers"), ties by their expected value.
 * @param parts whole number of points, 1 to 10,000
 * @returns     or `empty`, `one_class` (no row of class 1), `not_finite`, `out_of_range`
 */
export function gainCurve(scores: Float64Array, y: Uint8Array, parts = 10): GainCurve | Refusal {
  if (!(Number.isInteger(parts) && parts >= 1 && parts <= 10_000)) {
    return refuse('out_of_range', Number.isFinite(parts) ? parts : 0, 1, 'parts must be a whole number up to 10000')
  }
  const counts = checkScored(scores, y)
  if ('ok' in counts) return counts
  const { n, positives } = counts
  if (positives === 0) return refuse('one_class', 0, 1, 'no row of class 1')
  const order = ascendingOrder(scores)
  const share = Float64Array.from({ length: parts }, (_, k) => (k + 1) / parts)
  const gain = new Float64Array(parts)
  let taken = 0
  let hits = 0
  let area = 0
  let next = 0
  while (taken < n) {
    const group = tiedGroup(scores, y, order, n - taken)
    while (next < parts && share[next]! * n <= taken + group.rows + 1e-9) {
      gain[next] = (hits + group.positives * ((share[next]! * n - taken) / group.rows)) / positives
      next++
    }
    area += (group.rows / n) * ((hits + group.positives / 2) / positives)
    hits += group.positives
    taken += group.rows
  }
  return { ok: true, n, positives, share, gain, lift: gain.map((value, k) => value / share[k]!), area }
}
