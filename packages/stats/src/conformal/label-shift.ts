import { type Refusal, refuse } from '../refusal.ts'

/** Share of class 1 among new rows without outcomes, if only the base rate has moved. */
export interface LabelShift {
  readonly ok: true
  /** In [0, 1]. */
  readonly share: number
  readonly before: number
  /** New over old share of class 0 and of class 1: weights for rows of the class. */
  readonly weights: readonly [number, number]
  readonly n: number
  readonly method: 'label_shift_em'
}

/**
 * Estimates the new base rate from calibrated probabilities by maximum likelihood: the point where expectation-
 * maximisation comes to rest, found by Newton steps inside a bracket, since EM itself crawls where classes overlap.
 * @param p      calibrated probabilities of the new rows, in [0, 1]
 * @param before share of class 1 for which they were calibrated, in (0, 1)
 * @returns      or `empty`, `not_finite`, `out_of_range`, `no_signal` (p says the same for all rows)
 * @see Saerens, Latinne & Decaestecker 2002
 */
export function estimateLabelShift(p: Float64Array, before: number): LabelShift | Refusal {
  const n = p.length
  if (n === 0) return refuse('empty', 0, 1, 'no rows')
  if (!(before > 0 && before < 1)) {
    return refuse(
      'out_of_range',
      Number.isFinite(before) ? before : 0,
      1,
      `the share before must be in (0, 1), got ${before}`,
    )
  }
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(p[i]!)) return refuse('not_finite', i, n, `the probability of row ${i} is not a finite number`)
    if (p[i]! < 0 || p[i]! > 1) return refuse('out_of_range', p[i]!, 1, `the probability of row ${i} is outside [0, 1]`)
  }
  if (p.every(value => Math.abs(value - before) < 1e-12)) {
    return refuse('no_signal', 0, 1, 'every row has the old base rate as its probability: any new share fits')
  }
  const edge = 1e-12
  let low = edge
  let high = 1 - edge
  let share: number
  if (slope(p, before, low).first <= 0) share = 0
  else if (slope(p, before, high).first >= 0) share = 1
  else {
    share = before
    for (let turn = 0; turn < 200; turn++) {
      const { first, second } = slope(p, before, share)
      if (first > 0) low = share
      else high = share
      const newton = share - first / second
      const next = newton > low && newton < high ? newton : (low + high) / 2
      if (Math.abs(next - share) <= 1e-15) break
      share = next
    }
  }
  return {
    ok: true,
    share,
    before,
    weights: [(1 - share) / (1 - before), share / before],
    n,
    method: 'label_shift_em',
  }
}

/**
 * A calibrated probability after the base rate moved: p·a/(p·a + (1 - p)·b) with a and b new over old share.
 * @param p in [0, 1]; shares in (0, 1)
 */
export function shiftProbability(p: number, before: number, after: number): number {
  const one = (p * after) / before
  const zero = ((1 - p) * (1 - after)) / (1 - before)
  return one + zero > 0 ? one / (one + zero) : p
}

/** First and second derivative of the mean log likelihood at a share. */
function slope(p: Float64Array, before: number, share: number): { readonly first: number; readonly second: number } {
  let first = 0
  let second = 0
  for (let i = 0; i < p.length; i++) {
    const one = p[i]! / before
    const zero = (1 - p[i]!) / (1 - before)
    const term = (one - zero) / (share * one + (1 - share) * zero)
    first += term
    second -= term * term
  }
  return { first: first / p.length, second: second / p.length }
}
