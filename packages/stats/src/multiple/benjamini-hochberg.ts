import type { Refusal } from '../refusal.ts'
import { type AdjustedP, sortedP, stepUp } from './p-values.ts'

/**
 * Benjamini-Hochberg: rejecting where `adjusted` <= q keeps the expected share of false rejections at or below q, when
 * the tests are independent or positively dependent. The same rejections as "the largest i with p_(i) <= i·q/n".
 * @param p p-values in [0, 1], any order
 * @returns or `empty`, `not_finite`, `out_of_range`. O(n)
 * @see Benjamini & Hochberg 1995; fixture by statsmodels
 * @example benjaminiHochberg(Float64Array.of(0.01, 0.04, 0.03)) // adjusted: 0.03, 0.04, 0.04
 */
export function benjaminiHochberg(p: Float64Array): AdjustedP | Refusal {
  const checked = sortedP(p)
  if ('ok' in checked) return checked
  return {
    ok: true,
    adjusted: stepUp(checked.order, checked.sorted, 1),
    n: p.length,
    method: 'benjamini_hochberg',
  }
}

/**
 * Benjamini-Yekutieli: the false discovery rate under any dependence, at the price of a factor of about ln n.
 * @param p p-values in [0, 1], any order
 * @returns or `empty`, `not_finite`, `out_of_range`
 * @see Benjamini & Yekutieli 2001; fixture by statsmodels
 */
export function benjaminiYekutieli(p: Float64Array): AdjustedP | Refusal {
  const checked = sortedP(p)
  if ('ok' in checked) return checked
  let factor = 0
  for (let i = 1; i <= p.length; i++) factor += 1 / i
  return {
    ok: true,
    adjusted: stepUp(checked.order, checked.sorted, factor),
    n: p.length,
    method: 'benjamini_yekutieli',
  }
}
