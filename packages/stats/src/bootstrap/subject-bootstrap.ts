import { checkLevel } from '../level.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Rng } from '../rng.ts'
import { indexSubjects, poissonOne } from './poisson-weights.ts'

/** A number with its bootstrap interval. */
export interface BootstrapInterval {
  readonly ok: true
  readonly value: number
  readonly lower: number
  readonly upper: number
  /** Rows, and subjects that were drawn. */
  readonly n: number
  readonly subjects: number
  readonly replicates: number
  /** Replicates in which the statistic did not exist (a class drawn zero times). */
  readonly undefinedReplicates: number
  readonly level: number
  readonly method: 'poisson_bootstrap_by_subject'
}

/** How to resample. */
export interface BootstrapOptions {
  /** Coverage, default 0.95. */
  readonly level?: number
  /** Default 2,000. */
  readonly replicates?: number
  /** Called now and then; false ends with `stopped`. */
  readonly tick?: (done: number, total: number) => boolean
}

/** A statistic of weighted rows; NaN where it does not exist. Must not keep or change the weights. */
export type WeightedStatistic = (weights: Float64Array) => number

const leastSubjects = 10
/** Above this share of replicates without an answer an interval would hide what it left out. */
const mostUndefined = 0.01

/**
 * Intervals of several statistics of the same rows by resampling subjects, not rows: each subject gets a Poisson(1)
 * weight per replicate, all its rows the same. All statistics see the same weights, so the interval of a difference is a
 * paired one when the statistic is a difference.
 *
 * Percentile intervals by whole ranks: with B replicates the k-th smallest and k-th largest, k = floor((B + 1)(1 - level)/2).
 * @param subjects   a number per row that names its subject (customer, site)
 * @param statistics by name
 * @returns          one interval or refusal per name, or for all `empty`, `out_of_range`, `too_few` (fewer than 10
 *                   subjects, or replicates for the level), `stopped`. Per name `too_few` (exists in under 99 % of replicates)
 * @see Chamandy et al. 2012 (Poisson bootstrap); Hanley & MacGibbon 2006
 */
export function subjectBootstrap<Name extends string>(
  subjects: ArrayLike<number>,
  statistics: Readonly<Record<Name, WeightedStatistic>>,
  rng: Rng,
  options: BootstrapOptions = {},
): { readonly ok: true; readonly intervals: Record<Name, BootstrapInterval | Refusal> } | Refusal {
  const { level = 0.95, replicates = 2000, tick } = options
  const problem = checkLevel(level)
  if (problem) return problem
  if (!Number.isSafeInteger(replicates)) return refuse('out_of_range', 0, 1, 'replicates must be a whole number')
  const rank = Math.floor(((replicates + 1) * (1 - level)) / 2 + 1e-9)
  if (rank < 1) {
    return refuse('too_few', replicates, Math.ceil(2 / (1 - level)) - 1, 'more replicates are needed for this level')
  }
  const n = subjects.length
  if (n === 0) return refuse('empty', 0, 1, 'no rows')
  const index = indexSubjects(subjects)
  if (index.count < leastSubjects) {
    return refuse('too_few', index.count, leastSubjects, `${index.count} subjects, ${leastSubjects} are needed`)
  }
  const names = Object.keys(statistics) as Name[]
  const drawn = names.map(() => new Float64Array(replicates))
  const perSubject = new Float64Array(index.count)
  const weights = new Float64Array(n)
  for (let b = 0; b < replicates; b++) {
    if (tick && b % 50 === 0 && !tick(b, replicates)) return refuse('stopped', b, replicates, 'stopped by the caller')
    for (let s = 0; s < index.count; s++) perSubject[s] = poissonOne(rng)
    for (let i = 0; i < n; i++) weights[i] = perSubject[index.ofRow[i]!]!
    for (let k = 0; k < names.length; k++) drawn[k]![b] = statistics[names[k]!](weights)
  }
  weights.fill(1)
  const sample = { n, subjects: index.count, replicates, level }
  const intervals = {} as Record<Name, BootstrapInterval | Refusal>
  names.forEach((name, k) => {
    intervals[name] = percentiles(statistics[name](weights), drawn[k]!, sample)
  })
  return { ok: true, intervals }
}

function percentiles(
  value: number,
  drawn: Float64Array,
  sample: { n: number; subjects: number; replicates: number; level: number },
): BootstrapInterval | Refusal {
  if (!Number.isFinite(value)) return refuse('too_few', 0, 1, 'the statistic does not exist on these rows')
  const sorted = drawn.filter(Number.isFinite).sort()
  const undefinedReplicates = drawn.length - sorted.length
  if (undefinedReplicates > mostUndefined * drawn.length) {
    const need = Math.ceil((1 - mostUndefined) * drawn.length)
    return refuse('too_few', sorted.length, need, 'the statistic does not exist in too many replicates')
  }
  const rank = Math.max(1, Math.floor(((sorted.length + 1) * (1 - sample.level)) / 2 + 1e-9))
  return {
    ok: true,
    value,
    lower: sorted[rank - 1]!,
    upper: sorted[sorted.length - rank]!,
    ...sample,
    undefinedReplicates,
    method: 'poisson_bootstrap_by_subject',
  }
}
