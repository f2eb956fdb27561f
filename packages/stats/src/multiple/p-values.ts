import { type Refusal, refuse } from '../refusal.ts'
import { sortedRows } from '../sort-by-cells.ts'

/** P-values after a correction for having asked many questions: reject where `adjusted` is at most the level. */
export interface AdjustedP {
  readonly ok: true
  /** One per p-value, same order, in [0, 1] and never below the p-value itself. */
  readonly adjusted: Float64Array
  readonly n: number
  readonly method: 'bonferroni' | 'holm' | 'hommel' | 'benjamini_hochberg' | 'benjamini_yekutieli'
}

/** Sorted p-values with the rows they came from; or `empty`, `not_finite`, `out_of_range`. */
export function sortedP(p: Float64Array): { readonly order: Uint32Array; readonly sorted: Float64Array } | Refusal {
  const n = p.length
  if (n === 0) return refuse('empty', 0, 1, 'no p-values')
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(p[i]!)) return refuse('not_finite', i, n, `p-value ${i} is not a finite number`)
    if (p[i]! < 0 || p[i]! > 1) return refuse('out_of_range', p[i]!, 1, `p-value ${i} is outside [0, 1]`)
  }
  const { sorted, rows } = sortedRows(p)
  return { order: rows, sorted }
}

/**
 * Adjusted p-values of a step-up rule: going down from the largest, p of rank i times factor·n/i, never rising.
 * @param factor 1 for Benjamini-Hochberg, 1 + 1/2 + ... + 1/n for Benjamini-Yekutieli
 */
export function stepUp(order: Uint32Array, sorted: Float64Array, factor: number): Float64Array {
  const n = sorted.length
  const adjusted = new Float64Array(n)
  let least = 1
  for (let i = n; i >= 1; i--) {
    least = Math.min(least, (sorted[i - 1]! * factor * n) / i)
    adjusted[order[i - 1]!] = least
  }
  return adjusted
}
