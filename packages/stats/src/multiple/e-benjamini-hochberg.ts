import { type Refusal, refuse } from '../refusal.ts'
import { ascendingOrder } from '../sort-order.ts'
import { stepUp } from './p-values.ts'

/** Rejections by evidence that may be looked at at any time. */
export interface EBenjaminiHochberg {
  readonly ok: true
  /** 1 where the null is rejected at level q. */
  readonly rejected: Uint8Array
  /** The smallest q at which each would be rejected, at most 1. */
  readonly adjusted: Float64Array
  readonly n: number
  readonly level: number
  readonly method: 'e_benjamini_hochberg'
}

/**
 * e-BH: Benjamini-Hochberg for e-values (bets whose mean is at most 1 under the null). Rejects the i largest, i the
 * largest with e_(i) >= n/(q·i). The expected share of false rejections is at most q under any dependence.
 * @param e non-negative numbers; Infinity is certainty and allowed
 * @param q level in (0, 1)
 * @returns or `empty`, `not_finite` (NaN), `out_of_range` (a negative e, or q)
 * @see Wang & Ramdas 2022
 */
export function eBenjaminiHochberg(e: Float64Array, q: number): EBenjaminiHochberg | Refusal {
  if (!(q > 0 && q < 1)) return refuse('out_of_range', Number.isFinite(q) ? q : 0, 1, 'q must be in (0, 1)')
  if (e.length === 0) return refuse('empty', 0, 1, 'no e-values')
  for (let i = 0; i < e.length; i++) {
    if (Number.isNaN(e[i]!)) return refuse('not_finite', i, e.length, `e-value ${i} is not a number`)
    if (e[i]! < 0) return refuse('out_of_range', Math.max(e[i]!, -1e308), 0, `e-value ${i} is negative`)
  }
  // 1/e is a p-value; 0 (also -0) and all else up to 1 is no evidence.
  const p = e.map(value => (value > 1 ? 1 / value : 1))
  const order = ascendingOrder(p)
  const sorted = Float64Array.from(order, i => p[i]!)
  const adjusted = stepUp(order, sorted, 1)
  const rejected = Uint8Array.from(adjusted, value => (value <= q ? 1 : 0))
  return { ok: true, rejected, adjusted, n: e.length, level: q, method: 'e_benjamini_hochberg' }
}
