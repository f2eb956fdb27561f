import { type Refusal, refuse } from '../refusal.ts'
import { sortedCopy } from '../sort-by-cells.ts'
import { kolmogorovSf } from '../special/kolmogorov.ts'
import { ksExactP } from './ks-exact.ts'
import { checkSamples } from './sample.ts'

/** Distance of two distributions and the chance of at least that much by luck. */
export interface KsTwoSample {
  readonly ok: true
  /** Largest gap between the two distribution functions, in [0, 1]. */
  readonly d: number
  /** A value at which the gap is largest. */
  readonly at: number
  /** True when the current sample lies lower there: more of it is at or below `at`. */
  readonly currentLower: boolean
  /** Two-sided. */
  readonly p: number
  readonly n: number
  readonly m: number
  readonly method: 'exact' | 'asymptotic'
}

/** How the p-value is found. */
export interface KsOptions {
  /** `auto`: exact up to n·m = 10 million, else asymptotic. */
  readonly method?: 'auto' | 'exact' | 'asymptotic'
  /**
   * By how much the events of one subject repeat each other, as `designEffect` gives it for the reference and the
   * current sample (1 = independent). The sizes are divided by them and the p-value is asymptotic.
   */
  readonly designEffects?: readonly [number, number]
}

const mostExact = 1e7

/**
 * Kolmogorov-Smirnov: did the distribution of a number change, anywhere? Equal values are consumed on both sides before
 * the gap is read, so ties never make one. With ties the p-values are on the safe side.
 * @param reference,current finite numbers, any order, each at least one
 * @returns p exact by lattice paths, or by Kolmogorov's law at (√e + .12 + .11/√e)·d, e = n·m/(n+m), which is within
 *          5 % of the exact p from e = 50 and p = .001 on (2 % where `auto` uses it); or `empty`, `not_finite`, `out_of_range`
 * @see Hodges 1958; Stephens 1970 (correction); fixture by SciPy. O(n log n), and O(n·m) for an exact p
 * @example ksTwoSample(Float64Array.of(1, 2, 3), Float64Array.of(4, 5, 6)) // d 1, p .1
 */
export function ksTwoSample(
  reference: Float64Array,
  current: Float64Array,
  options: KsOptions = {},
): KsTwoSample | Refusal {
  const effects = options.designEffects ?? [1, 1]
  const odd = effects.find(effect => !(effect >= 1 && effect < Infinity))
  if (odd !== undefined)
    return refuse('out_of_range', Number.isFinite(odd) ? odd : 0, 1, 'a design effect must be a number of at least 1')
  const problem = checkSamples(reference, current)
  if (problem) return problem
  const [n, m] = [reference.length, current.length]
  const gap = largestGap(sortedCopy(reference), sortedCopy(current))
  const d = gap.steps / (n * m)
  const independent = options.designEffects === undefined
  const exact = options.method === 'exact' || (options.method !== 'asymptotic' && independent && n * m <= mostExact)
  const p = exact ? ksExactP(n, m, gap.steps) : ksAsymptoticP(d, n / effects[0], m / effects[1])
  return { ok: true, d, at: gap.at, currentLower: gap.currentLower, p, n, m, method: exact ? 'exact' : 'asymptotic' }
}

/** Kolmogorov's law with the correction for finite samples; sizes may be fractions (effective sizes). */
export function ksAsymptoticP(d: number, n: number, m: number): number {
  const root = Math.sqrt((n * m) / (n + m))
  return kolmogorovSf((root + 0.12 + 0.11 / root) * d)
}

/**
 * The smallest distance these sizes can show: p reaches the level there, so smaller changes pass unseen. To be printed
 * beside every "no drift".
 * @param n,m   sizes of at least 1; effective ones where events repeat each other
 * @param level in (0, 1)
 * @returns     in (0, 1], 1 also when even that would not be enough
 * @throws RangeError sizes below 1 or a level outside (0, 1): a bug of the caller
 * @example ksDetectableDistance(100, 100, 0.01) // .226
 */
export function ksDetectableDistance(n: number, m: number, level: number): number {
  if (!(n >= 1 && m >= 1 && level > 0 && level < 1))
    throw new RangeError(`sizes of at least 1 and a level in (0, 1) expected, got ${n}, ${m}, ${level}`)
  let [low, high] = [0, 1]
  while (high - low > 1e-12) {
    const middle = (low + high) / 2
    if (ksAsymptoticP(middle, n, m) <= level) high = middle
    else low = middle
  }
  return high
}

/**
 * The distance alone, without p-value and checks: the statistic of `subjectPermutation`.
 * @param reference,current finite numbers, each at least one
 */
export function ksDistance(reference: Float64Array, current: Float64Array): number {
  return largestGap(sortedCopy(reference), sortedCopy(current)).steps / (reference.length * current.length)
}

/** Merges two ascending samples; the gap is counted in units of 1/(n·m), so it is a whole number without rounding. */
function largestGap(a: Float64Array, b: Float64Array) {
  const [n, m] = [a.length, b.length]
  let i = 0
  let j = 0
  let most = 0
  let at = a[0]!
  while (i < n && j < m) {
    const value = Math.min(a[i]!, b[j]!)
    while (i < n && a[i]! === value) i++
    while (j < m && b[j]! === value) j++
    const steps = i * m - j * n
    if (Math.abs(steps) > Math.abs(most)) {
      most = steps
      at = value
    }
  }
  return { steps: Math.abs(most), at: at + 0, currentLower: most < 0 }
}
