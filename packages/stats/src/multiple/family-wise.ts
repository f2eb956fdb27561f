import type { Refusal } from '../refusal.ts'
import { type AdjustedP, sortedP } from './p-values.ts'

/**
 * Bonferroni: p times the number of questions. Rejecting where `adjusted` <= level keeps the chance of even one false
 * rejection at or below the level, under any dependence.
 * @param p p-values in [0, 1]
 * @returns or `empty`, `not_finite`, `out_of_range`
 */
export function bonferroni(p: Float64Array): AdjustedP | Refusal {
  const checked = sortedP(p)
  if ('ok' in checked) return checked
  return { ok: true, adjusted: p.map(value => Math.min(1, value * p.length)), n: p.length, method: 'bonferroni' }
}

/**
 * Holm: as Bonferroni, and never weaker: the i-th smallest p is multiplied by what is left, n - i + 1.
 * @param p p-values in [0, 1]
 * @returns or `empty`, `not_finite`, `out_of_range`
 * @see Holm 1979; fixture by statsmodels
 */
export function holm(p: Float64Array): AdjustedP | Refusal {
  const checked = sortedP(p)
  if ('ok' in checked) return checked
  const { order, sorted } = checked
  const n = p.length
  const adjusted = new Float64Array(n)
  let most = 0
  for (let i = 0; i < n; i++) {
    most = Math.max(most, Math.min(1, sorted[i]! * (n - i)))
    adjusted[order[i]!] = most
  }
  return { ok: true, adjusted, n, method: 'holm' }
}

/**
 * Hommel: the closed test built on Simes, for independent or positively dependent p-values; never weaker than Holm.
 * O(n²): for families of at most a few thousand.
 * @param p p-values in [0, 1]
 * @returns or `empty`, `not_finite`, `out_of_range`
 * @see Hommel 1988; Wright 1992 (adjusted values); fixture by statsmodels
 */
export function hommel(p: Float64Array): AdjustedP | Refusal {
  const checked = sortedP(p)
  if ('ok' in checked) return checked
  const { order, sorted } = checked
  const n = p.length
  const adjusted = Float64Array.from(sorted)
  // A hypothesis falls with every group that holds it. Of the groups of one size the hardest to reject are those of the
  // largest p-values, so one group per size, with the hypothesis put into it where it is not, is all there is to try.
  for (let size = n; size >= 1; size--) {
    const outside = n - size
    let simes = Infinity
    for (let rank = 2; rank <= size; rank++) simes = Math.min(simes, (size * sorted[outside + rank - 1]!) / rank)
    const own = (i: number) => Math.min(simes, size * sorted[i]!)
    for (let i = 0; i <= outside; i++) adjusted[i] = Math.max(adjusted[i]!, own(i))
    const inside = own(outside)
    for (let i = outside + 1; i < n; i++) adjusted[i] = Math.max(adjusted[i]!, inside)
  }
  const inRowOrder = new Float64Array(n)
  for (let i = 0; i < n; i++) inRowOrder[order[i]!] = Math.min(1, adjusted[i]!)
  return { ok: true, adjusted: inRowOrder, n, method: 'hommel' }
}
