import { type Refusal, refuse } from '../refusal.ts'
import { chiSquareSf } from '../special/chi-square.ts'

/** Did the arms get the share of units they were meant to get? */
export interface SampleRatio {
  readonly ok: true
  readonly chiSquare: number
  readonly p: number
  /** Largest |share seen - share planned|, 0.01 = one percentage point. */
  readonly deviation: number
  /** p below the level and the deviation at least the floor: the experiment must not be read. */
  readonly mismatch: boolean
  readonly n: number
  readonly method: 'chi_square'
}

/** When a sample ratio counts as broken. */
export interface SampleRatioLimits {
  /** Default 0.001. */
  readonly p?: number
  /** Default 0.01: with a million units, a hundredth of a point is significant and harmless. */
  readonly deviation?: number
}

/**
 * Sample ratio mismatch: chi-square of the units per arm against the configured split.
 * @param counts  units per arm, whole numbers
 * @param weights configured split in the same order, positive, any scale
 * @returns       or `empty`, `too_few` (an arm with under 5 expected; fewer than two arms), `out_of_range`
 * @throws RangeError arrays of unequal length
 * @see Fabijan et al. 2019, KDD
 * @example sampleRatio([5200, 4800], [1, 1]) // p 6.3e-5, deviation 0.02, mismatch true
 */
export function sampleRatio(
  counts: readonly number[],
  weights: readonly number[],
  limits: SampleRatioLimits = {},
): SampleRatio | Refusal {
  if (counts.length !== weights.length) throw new RangeError(`${counts.length} counts but ${weights.length} weights`)
  if (counts.length < 2) return refuse('too_few', counts.length, 2, 'two arms are needed')
  for (let arm = 0; arm < counts.length; arm++) {
    const [count, weight] = [counts[arm]!, weights[arm]!]
    if (!(Number.isSafeInteger(count) && count >= 0 && weight > 0 && weight < Infinity)) {
      return refuse('out_of_range', 0, 1, `arm ${arm}: a whole number of units and a positive weight are needed`)
    }
  }
  const n = counts.reduce((sum, count) => sum + count, 0)
  if (n === 0) return refuse('empty', 0, 1, 'no units')
  const whole = weights.reduce((sum, weight) => sum + weight, 0)
  const least = (n * Math.min(...weights)) / whole
  if (least < 5) return refuse('too_few', n, Math.ceil((5 * whole) / Math.min(...weights)), 'an arm expects under 5')
  let chiSquare = 0
  let deviation = 0
  counts.forEach((count, arm) => {
    const expected = (n * weights[arm]!) / whole
    chiSquare += (count - expected) ** 2 / expected
    deviation = Math.max(deviation, Math.abs(count - expected) / n)
  })
  const p = chiSquareSf(chiSquare, counts.length - 1)
  const mismatch = p < (limits.p ?? 0.001) && deviation >= (limits.deviation ?? 0.01) - 1e-12
  return { ok: true, chiSquare, p, deviation, mismatch, n, method: 'chi_square' }
}
