import { type Refusal, refuse } from '../refusal.ts'

/** A number with the count of rows it rests on. */
export interface Figure {
  readonly ok: true
  readonly value: number
  readonly n: number
}

/** A ratio, or the refusal `empty` where nothing was there to divide by. */
export function ratio(part: number, whole: number, n: number, nothing: string): Figure | Refusal {
  return whole > 0 ? { ok: true, value: part / whole, n } : refuse('empty', 0, 1, nothing)
}
