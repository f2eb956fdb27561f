import { type Refusal, refuse } from '../refusal.ts'

/** Refuses a sample no statistic can use: `empty` or `not_finite`; null when it is sound. */
export function checkSample(values: Float64Array, name: 'reference' | 'current'): Refusal | null {
  if (values.length === 0) return refuse('empty', 0, 1, `the ${name} sample has no values`)
  for (let i = 0; i < values.length; i++) {
    if (values[i]! - values[i]! !== 0)
      return refuse('not_finite', i, values.length, `value ${i} of the ${name} sample is not a finite number`)
  }
  return null
}

/** Both samples of a comparison; `empty`, `not_finite`, or null when they are sound. */
export function checkSamples(reference: Float64Array, current: Float64Array): Refusal | null {
  return checkSample(reference, 'reference') ?? checkSample(current, 'current')
}
