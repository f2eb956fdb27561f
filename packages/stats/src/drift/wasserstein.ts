import { type Refusal, refuse } from '../refusal.ts'
import { sortedCopy } from '../sort-by-cells.ts'
import { checkSamples } from './sample.ts'

/** How far the current values lie from the reference, in the unit of the values. */
export interface Wasserstein {
  readonly ok: true
  /** Area between the two distribution functions = mean distance a value has to move. */
  readonly distance: number
  /** The same in standard deviations of the reference (divisor n); a size that can be compared between features. */
  readonly perSigma: number
  readonly n: number
  readonly m: number
  readonly method: 'wasserstein_1'
}

/**
 * Wasserstein-1 distance of two samples.
 * @param reference,current finite numbers, any order
 * @returns or `empty`, `not_finite`, `constant` (all reference values equal: no scale to measure by). O(n log n)
 * @see fixture by SciPy (`wasserstein_distance`)
 * @example wasserstein(Float64Array.of(0, 1, 3), Float64Array.of(5, 6, 8)) // distance 5
 */
export function wasserstein(reference: Float64Array, current: Float64Array): Wasserstein | Refusal {
  const problem = checkSamples(reference, current)
  if (problem) return problem
  const a = sortedCopy(reference)
  const b = sortedCopy(current)
  const sigma = standardDeviation(a)
  if (sigma === 0) return refuse('constant', 1, 2, 'all reference values are equal')
  const distance = betweenEcdfs(a, b, Math.abs)
  const perSigma = distance / sigma
  if (!Number.isFinite(perSigma)) return refuse('not_finite', 0, 1, 'the values are too large to subtract')
  return { ok: true, distance, perSigma, n: a.length, m: b.length, method: 'wasserstein_1' }
}

/** Energy distance √(2·∫(F - G)²), in the root of the values' unit. */
export interface Energy {
  readonly ok: true
  readonly distance: number
  readonly n: number
  readonly m: number
  readonly method: 'energy'
}

/**
 * Energy distance: like Wasserstein, with large gaps weighing more.
 * @returns or `empty`, `not_finite`
 * @see Székely & Rizzo 2013; fixture by SciPy (`energy_distance`)
 */
export function energyDistance(reference: Float64Array, current: Float64Array): Energy | Refusal {
  const problem = checkSamples(reference, current)
  if (problem) return problem
  const area = betweenEcdfs(sortedCopy(reference), sortedCopy(current), gap => gap * gap)
  if (!Number.isFinite(area)) return refuse('not_finite', 0, 1, 'the values are too large to subtract')
  return { ok: true, distance: Math.sqrt(2 * area), n: reference.length, m: current.length, method: 'energy' }
}

/** ∫ of(F - G) over the line, for ascending samples. Summed in blocks, so that millions of terms lose no digits. */
function betweenEcdfs(a: Float64Array, b: Float64Array, of: (gap: number) => number): number {
  const [n, m] = [a.length, b.length]
  let i = 0
  let j = 0
  let total = 0
  let sum = 0
  let left = Math.min(a[0]!, b[0]!)
  while (i < n || j < m) {
    const value = j >= m || (i < n && a[i]! <= b[j]!) ? a[i]! : b[j]!
    if (value !== left) sum += of(i / n - j / m) * (value - left)
    if (((i + j) & 4095) === 0) {
      total += sum
      sum = 0
    }
    left = value
    if (i < n && a[i]! === value) i++
    else j++
  }
  return total + sum
}

function standardDeviation(values: Float64Array): number {
  const n = values.length
  // Two passes around the mean; a constant sample must give exactly 0 whatever its mean rounds to.
  if (values[0]! === values[n - 1]!) return 0
  let sum = 0
  for (let i = 0; i < n; i++) sum += values[i]! / n
  let squares = 0
  for (let i = 0; i < n; i++) squares += (values[i]! - sum) ** 2 / n
  return Math.sqrt(squares)
}
