import { type Refusal, refuse } from '../refusal.ts'

/** A promise: the share of wrong acts stays at or below `epsilon`, except with chance `delta` at the certification. */
export interface Budget {
  readonly epsilon: number
  readonly delta: number
}

/** Both in (0, 1), or `out_of_range`. */
export function checkBudget({ epsilon, delta }: Budget): Refusal | null {
  for (const [name, value] of [
    ['epsilon', epsilon],
    ['delta', delta],
  ] as const) {
    if (!(value > 0 && value < 1)) {
      return refuse('out_of_range', Number.isFinite(value) ? value : 0, 1, `${name} must be in (0, 1), got ${value}`)
    }
  }
  return null
}

/** Fewest accepted rows, all of them right, that certify a budget: ceil(ln delta / ln(1 - epsilon)). */
export function fewestRows({ epsilon, delta }: Budget): number {
  return Math.max(1, Math.ceil(Math.log(delta) / Math.log1p(-epsilon) - 1e-9))
}

/**
 * What the t-th attempt to certify may spend, so that all attempts together spend `delta`: 6·delta/(π²·t²).
 * @param attempt 1 for the first, counted for good
 */
export function spentDelta(delta: number, attempt: number): number {
  if (!(Number.isInteger(attempt) && attempt >= 1 && delta > 0 && delta < 1)) {
    throw new RangeError(`spentDelta(${delta}, ${attempt}) is not defined`)
  }
  return (6 * delta) / (Math.PI * attempt) ** 2
}
