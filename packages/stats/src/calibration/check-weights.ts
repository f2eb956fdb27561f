import { type Refusal, refuse } from '../refusal.ts'

/** What weights of calibration rows must be: one finite number of at least 0 per row, one of them above 0. */
export function checkWeights(weights: Float64Array, n: number): Refusal | null {
  if (weights.length !== n) throw new RangeError(`${weights.length} weights for ${n} rows`)
  let total = 0
  for (let i = 0; i < n; i++) {
    if (!(weights[i]! >= 0 && weights[i]! < Infinity)) {
      return refuse('out_of_range', i, n, `the weight of row ${i} is not a number of at least 0`)
    }
    total += weights[i]!
  }
  return total > 0 ? null : refuse('empty', 0, 1, 'all weights are 0')
}
