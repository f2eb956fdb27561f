import { type Refusal, refuse } from '../refusal.ts'
import { type KsTwoSample, ksTwoSample } from './ks.ts'
import { checkSamples } from './sample.ts'

/** Change of a value that begins again after its period: hour of the day, day of the week, direction. */
export interface CircularDrift {
  readonly ok: true
  /** Larger of the two distances, of sine and cosine. */
  readonly d: number
  /** Of both together (Bonferroni). */
  readonly p: number
  readonly sin: KsTwoSample
  readonly cos: KsTwoSample
  /** Mean direction in [0, period), and how concentrated the values are around it, 0 (not at all) to 1 (one point). */
  readonly reference: { readonly direction: number | null; readonly concentration: number }
  readonly current: { readonly direction: number | null; readonly concentration: number }
  readonly n: number
  readonly m: number
  readonly method: 'ks_sin_cos'
}

/**
 * KS of a circular feature over its sine and cosine, so that 23:59 and 00:01 are neighbours. Never by mean and standard
 * deviation: the mean of 23 and 1 is midnight, not noon.
 * @param reference,current finite numbers, any turn
 * @param period            length of the circle, e.g. 24
 * @returns direction is null when the values have none; or `empty`, `not_finite`, `out_of_range` (period)
 */
export function circularDrift(reference: Float64Array, current: Float64Array, period: number): CircularDrift | Refusal {
  if (!(period > 0 && period < Infinity)) return refuse('out_of_range', 0, 1, 'the period must be a positive number')
  const problem = checkSamples(reference, current)
  if (problem) return problem
  const before = onCircle(reference, period)
  const after = onCircle(current, period)
  const sin = ksTwoSample(before.sin, after.sin)
  const cos = ksTwoSample(before.cos, after.cos)
  if (!sin.ok) return sin
  if (!cos.ok) return cos
  return {
    ok: true,
    d: Math.max(sin.d, cos.d),
    p: Math.min(1, 2 * Math.min(sin.p, cos.p)),
    sin,
    cos,
    reference: meanDirection(before, period),
    current: meanDirection(after, period),
    n: reference.length,
    m: current.length,
    method: 'ks_sin_cos',
  }
}

interface Points {
  readonly sin: Float64Array
  readonly cos: Float64Array
}

function onCircle(values: Float64Array, period: number): Points {
  // The turn is taken off first, and a value and its mirror share their sine: ties stay ties.
  const angles = values.map(value => ((((value % period) + period) % period) / period) * 2 * Math.PI)
  const rounded = (value: number) => Math.round(value * 1e12) / 1e12
  return { sin: angles.map(a => rounded(Math.sin(a))), cos: angles.map(a => rounded(Math.cos(a))) }
}

function meanDirection(points: Points, period: number) {
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [s, c] = [mean(points.sin), mean(points.cos)]
  const concentration = Math.min(1, Math.hypot(s, c))
  if (concentration < 1e-9) return { direction: null, concentration: 0 }
  const turn = Math.atan2(s, c) / (2 * Math.PI)
  return { direction: ((turn + 1) % 1) * period, concentration }
}
