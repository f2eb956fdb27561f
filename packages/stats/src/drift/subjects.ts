import { type Refusal, refuse } from '../refusal.ts'
import type { Rng } from '../rng.ts'
import { checkSamples } from './sample.ts'

/** Values with the subject (person, site, customer) each belongs to. */
export interface SubjectSample {
  readonly values: Float64Array
  /** Any whole numbers, one per value; the same number is the same subject, in both samples. */
  readonly subjects: Int32Array
}

/**
 * One value per subject: the mean of its values, subjects in order of first appearance. The simplest cure when the events
 * of one subject repeat each other.
 * @throws RangeError arrays of unequal length
 */
export function onePerSubject({ values, subjects }: SubjectSample): Float64Array {
  return Float64Array.from(bySubject({ values, subjects }).values(), rows => {
    let sum = 0
    for (const row of rows) sum += values[row]! / rows.length
    return sum
  })
}

/** How much the values of one subject repeat each other. */
export interface DesignEffect {
  readonly ok: true
  /** Values are worth n / effect independent ones; at least 1. */
  readonly effect: number
  /** Share of the variance that lies between subjects, in [0, 1]; negative estimates are reported as 0. */
  readonly intraClass: number
  /** Mean number of values in the subject of a random value: Σ size² / n; the mean size when all are equal. */
  readonly clusterSize: number
  readonly n: number
  readonly subjects: number
  readonly method: 'anova'
}

/**
 * Design effect 1 + (m - 1)·ρ from one sample, ρ by one-way analysis of variance.
 * @returns or `empty`, `not_finite`, `too_few` (fewer than two subjects), `constant` (all values equal)
 * @throws RangeError arrays of unequal length
 * @see Kish 1965; Donner 1986
 */
export function designEffect(sample: SubjectSample): DesignEffect | Refusal {
  const { values } = sample
  const groups = [...bySubject(sample).values()]
  const problem = checkSamples(values, values)
  if (problem) return problem
  const n = values.length
  if (groups.length < 2) return refuse('too_few', groups.length, 2, 'the design effect needs two subjects')
  let sizes = 0
  for (const rows of groups) sizes += rows.length ** 2
  const clusterSize = sizes / n
  const known = { ok: true, clusterSize, n, subjects: groups.length, method: 'anova' } as const
  if (groups.length === n) return { ...known, effect: 1, intraClass: 0 }
  const mean = values.reduce((sum, value) => sum + value / n, 0)
  let between = 0
  let within = 0
  for (const rows of groups) {
    const own = rows.reduce((sum, row) => sum + values[row]! / rows.length, 0)
    between += rows.length * (own - mean) ** 2
    for (const row of rows) within += (values[row]! - own) ** 2
  }
  if (!(between + within > 0)) return refuse('constant', 1, 2, 'all values are equal')
  const meanBetween = between / (groups.length - 1)
  const meanWithin = within / (n - groups.length)
  // The size that makes the estimate unbiased when clusters are unequal.
  const size = (n - clusterSize) / (groups.length - 1)
  const spread = meanBetween + (size - 1) * meanWithin
  const intraClass = Math.min(1, Math.max(0, (meanBetween - meanWithin) / spread))
  return { ...known, effect: 1 + (clusterSize - 1) * intraClass, intraClass }
}

/** A comparison whose p-value comes from exchanging whole subjects. */
export interface SubjectPermutation {
  readonly ok: true
  readonly statistic: number
  /** (1 + permutations at least as large) / (1 + permutations). */
  readonly p: number
  readonly permutations: number
  readonly subjects: number
  readonly n: number
  readonly m: number
  readonly method: 'subject_permutation'
}

/**
 * Permutation test of two windows by subject. A subject seen in one window only is dealt anew with all its values, the
 * number of such subjects per window kept; a subject seen in both swaps its two sets of values by a coin. Exact while
 * subjects are independent and nothing changed, however much the values of a subject resemble each other.
 * @param statistic of two samples, larger = further apart; must not change its arguments. For KS: `ksDistance`
 * @param options.permutations default 500
 * @returns or `empty`, `not_finite`, `too_few` (fewer than 2 subjects), `stopped`
 * @throws RangeError arrays of unequal length
 */
export function subjectPermutation(
  reference: SubjectSample,
  current: SubjectSample,
  statistic: (reference: Float64Array, current: Float64Array) => number,
  draw: Rng,
  options: { readonly permutations?: number; readonly tick?: (done: number, total: number) => boolean } = {},
): SubjectPermutation | Refusal {
  const permutations = options.permutations ?? 500
  if (!(Number.isInteger(permutations) && permutations >= 1))
    return refuse('out_of_range', 0, 1, 'permutations must be a whole number of at least 1')
  const before = valuesBySubject(reference)
  const after = valuesBySubject(current)
  const problem = checkSamples(reference.values, current.values)
  if (problem) return problem
  const shared = [...before.keys()].filter(subject => after.has(subject))
  const onlyBefore = [...before.keys()].filter(subject => !after.has(subject))
  const onlyAfter = [...after.keys()].filter(subject => !before.has(subject))
  const subjects = shared.length + onlyBefore.length + onlyAfter.length
  if (subjects < 2) return refuse('too_few', subjects, 2, 'a permutation of subjects needs two of them')
  const observed = statistic(reference.values, current.values)
  if (!Number.isFinite(observed)) return refuse('not_finite', 0, 1, 'the statistic is not a finite number')
  const alone = [...onlyBefore.map(subject => before.get(subject)!), ...onlyAfter.map(subject => after.get(subject)!)]
  let atLeast = 0
  for (let round = 0; round < permutations; round++) {
    if (options.tick && !options.tick(round, permutations))
      return refuse('stopped', round, permutations, 'stopped by the caller')
    for (let i = alone.length - 1; i > 0; i--) {
      const j = draw.int(i + 1)
      ;[alone[i], alone[j]] = [alone[j]!, alone[i]!]
    }
    const left = alone.slice(0, onlyBefore.length)
    const right = alone.slice(onlyBefore.length)
    for (const subject of shared) {
      const swap = draw.uniform() < 0.5
      left.push((swap ? after : before).get(subject)!)
      right.push((swap ? before : after).get(subject)!)
    }
    // Equal arrangements must compare as equal, although their sums run in another order.
    if (statistic(joined(left), joined(right)) >= observed - 1e-12 * Math.abs(observed)) atLeast++
  }
  const p = (1 + atLeast) / (1 + permutations)
  const [n, m] = [reference.values.length, current.values.length]
  return { ok: true, statistic: observed, p, permutations, subjects, n, m, method: 'subject_permutation' }
}

/** Rows of each subject, in order of first appearance. */
function bySubject({ values, subjects }: SubjectSample): Map<number, number[]> {
  if (values.length !== subjects.length) throw new RangeError(`${values.length} values of ${subjects.length} subjects`)
  const rows = new Map<number, number[]>()
  for (let i = 0; i < subjects.length; i++) {
    const known = rows.get(subjects[i]!)
    if (known) known.push(i)
    else rows.set(subjects[i]!, [i])
  }
  return rows
}

function valuesBySubject(sample: SubjectSample): Map<number, Float64Array> {
  const values = new Map<number, Float64Array>()
  for (const [subject, rows] of bySubject(sample))
    values.set(
      subject,
      Float64Array.from(rows, row => sample.values[row]!),
    )
  return values
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
