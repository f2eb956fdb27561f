import { type Refusal, refuse } from '../refusal.ts'

/** Cells counted in both samples; the same cell at the same place. */
export interface CellCounts {
  readonly reference: Float64Array
  readonly current: Float64Array
}

/** Sums of both sides after a check; or `empty`, `not_finite`, `out_of_range` (negative). */
export function checkCounts(counts: CellCounts): { readonly n: number; readonly m: number } | Refusal {
  const { reference, current } = counts
  if (reference.length !== current.length)
    throw new RangeError(`${reference.length} reference cells but ${current.length} current cells`)
  let n = 0
  let m = 0
  for (let k = 0; k < reference.length; k++) {
    for (const count of [reference[k]!, current[k]!]) {
      if (!Number.isFinite(count)) return refuse('not_finite', k, reference.length, `cell ${k} is not a finite number`)
      if (count < 0) return refuse('out_of_range', count, 0, `cell ${k} is negative`)
    }
    n += reference[k]!
    m += current[k]!
  }
  if (n === 0) return refuse('empty', 0, 1, 'the reference sample has no values')
  if (m === 0) return refuse('empty', 0, 1, 'the current sample has no values')
  return { n, m }
}
