import { type Refusal, refuse } from '../refusal.ts'
import { normalSf } from '../special/normal.ts'

/** How much one feature's say in the scores has changed. */
export interface FeatureShift {
  readonly name: string
  /** Mean |contribution| in the reference and in the current window, in the unit of the contributions (log-odds). */
  readonly reference: number
  readonly current: number
  readonly change: number
  /** |change| as a share of all features' |change|; 0 when nothing changed at all. */
  readonly share: number
  /** Change of the mean contribution with its sign: in which direction the feature moves the scores. */
  readonly direction: number
  /** Two-sided p of `change` by a large-sample test with unequal variances; not corrected for the number of features. */
  readonly p: number
}

/** Features by how much their part in the scores has changed, most first. */
export interface DriftAttribution {
  readonly ok: true
  readonly features: readonly FeatureShift[]
  readonly n: number
  readonly m: number
  readonly method: 'mean_absolute_contribution'
}

/**
 * Which features make the scores of a window differ from the reference? By the change of mean |contribution|, where the
 * contributions add up to the score (SHAP values; for a linear model weight·(value - mean of the reference)). A feature
 * that moved but that the model ignores contributes nothing and ranks last: that is the difference to ranking by KS.
 * @param reference,current rows × names.length, row-major; both explained against the same background
 * @param names one per feature
 * @returns or `empty`, `too_few` (fewer than 2 rows), `not_finite`
 * @throws RangeError a number of values that is not rows × features
 */
export function driftAttribution(
  reference: Float64Array,
  current: Float64Array,
  names: readonly string[],
): DriftAttribution | Refusal {
  const width = names.length
  if (width === 0) return refuse('empty', 0, 1, 'no features')
  for (const values of [reference, current]) {
    if (values.length % width !== 0) throw new RangeError(`${values.length} contributions of ${width} features`)
    const bad = values.findIndex(value => !Number.isFinite(value))
    if (bad >= 0)
      return refuse('not_finite', bad, values.length, `a contribution of ${names[bad % width]} is not finite`)
    const rows = values.length / width
    if (rows < 2) return refuse(rows === 0 ? 'empty' : 'too_few', rows, 2, 'each window needs two rows')
  }
  const features = names.map((name, j) => {
    const [before, after] = [summary(reference, width, j), summary(current, width, j)]
    const change = after.size - before.size
    const error = Math.sqrt(before.variance / before.n + after.variance / after.n)
    const p = error > 0 ? 2 * normalSf(Math.abs(change) / error) : change === 0 ? 1 : 0
    const direction = after.mean - before.mean
    return { name, reference: before.size, current: after.size, change, share: 0, direction, p }
  })
  const all = features.reduce((sum, { change }) => sum + Math.abs(change), 0)
  const ranked = features
    .map(feature => ({ ...feature, share: all > 0 ? Math.abs(feature.change) / all : 0 }))
    .sort((a, b) => b.share - a.share)
  const [n, m] = [reference.length / width, current.length / width]
  return { ok: true, features: ranked, n, m, method: 'mean_absolute_contribution' }
}

function summary(values: Float64Array, width: number, j: number) {
  const n = values.length / width
  let mean = 0
  let size = 0
  for (let i = 0; i < n; i++) {
    mean += values[i * width + j]! / n
    size += Math.abs(values[i * width + j]!) / n
  }
  let squares = 0
  for (let i = 0; i < n; i++) squares += (Math.abs(values[i * width + j]!) - size) ** 2
  return { n, mean, size, variance: squares / (n - 1) }
}
