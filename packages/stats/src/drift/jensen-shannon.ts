import { type Refusal, refuse } from '../refusal.ts'
import { type CellCounts, checkCounts } from './shares.ts'

/** Distance of two sets of shares. */
export interface JensenShannon {
  readonly ok: true
  /** √ of the divergence in bits: 0 = equal shares, 1 = nothing in common. */
  readonly distance: number
  readonly n: number
  readonly m: number
  readonly method: 'jensen_shannon_base_2'
}

/**
 * Jensen-Shannon distance of counted cells, base 2.
 * @param counts values (or shares) per cell, reference and current, same cells
 * @returns or `empty`, `not_finite`, `out_of_range`, `constant` (one cell only)
 * @see Lin 1991; fixture by SciPy
 */
export function jensenShannon(counts: CellCounts): JensenShannon | Refusal {
  const sums = checkCounts(counts)
  if ('ok' in sums) return sums
  const { n, m } = sums
  let used = 0
  let divergence = 0
  for (let k = 0; k < counts.reference.length; k++) {
    const [p, q] = [counts.reference[k]! / n, counts.current[k]! / m]
    if (p > 0 || q > 0) used++
    // p·ln(p/middle) + q·ln(q/middle) in the gap itself: of nearly equal shares the two terms would cancel.
    const middle = (p + q) / 2
    const gap = middle > 0 ? (p - q) / (p + q) : 0
    divergence += middle * (entropyTerm(gap) + entropyTerm(-gap))
  }
  if (used < 2) return refuse('constant', used, 2, 'all values lie in one cell')
  const distance = Math.sqrt(Math.min(1, Math.max(0, divergence / 2 / Math.LN2)))
  return { ok: true, distance, n, m, method: 'jensen_shannon_base_2' }
}

/** (1 + x)·ln(1 + x), 0 at x = -1. */
function entropyTerm(x: number): number {
  return x === -1 ? 0 : (1 + x) * Math.log1p(x)
}
