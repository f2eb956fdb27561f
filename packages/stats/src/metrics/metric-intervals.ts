import { type BootstrapInterval, type BootstrapOptions, subjectBootstrap } from '../bootstrap/subject-bootstrap.ts'
import {
  weightedAuc,
  weightedAveragePrecision,
  weightedBrier,
  weightedBrierSkill,
  weightedLogLoss,
  weightedShare,
} from '../bootstrap/weighted-statistics.ts'
import { checkProbabilities } from '../labels.ts'
import type { Refusal } from '../refusal.ts'
import type { Rng } from '../rng.ts'

/** The metrics that get an interval by subject. */
export type MetricName = 'positiveShare' | 'auc' | 'averagePrecision' | 'brier' | 'brierSkill' | 'logLoss'

/** Every metric of a set of rows with its interval, or why it has none. */
export interface MetricIntervals {
  readonly ok: true
  readonly n: number
  readonly positives: number
  readonly metrics: Readonly<Record<MetricName, BootstrapInterval | Refusal>>
}

/**
 * All metrics of probabilities with intervals by Poisson bootstrap of the subjects; every replicate serves all of them.
 * @param p        probabilities in [0, 1], one per row
 * @param y        0 or 1 per row, same order
 * @param subjects a number per row that names its subject
 * @param rng      drawn from; the same state gives the same intervals
 * @returns        or `empty`, `not_finite`, `out_of_range`, `too_few`, `stopped`
 * @throws RangeError arrays of unequal length
 */
export function metricIntervals(
  p: Float64Array,
  y: Uint8Array,
  subjects: ArrayLike<number>,
  rng: Rng,
  options: BootstrapOptions = {},
): MetricIntervals | Refusal {
  if (subjects.length !== y.length) throw new RangeError(`${subjects.length} subjects but ${y.length} labels`)
  const counts = checkProbabilities(p, y)
  if ('ok' in counts) return counts
  const statistics = {
    positiveShare: weightedShare(y),
    auc: weightedAuc(p, y),
    averagePrecision: weightedAveragePrecision(p, y),
    brier: weightedBrier(p, y),
    brierSkill: weightedBrierSkill(p, y),
    logLoss: weightedLogLoss(p, y),
  }
  const drawn = subjectBootstrap(subjects, statistics, rng, options)
  if (!drawn.ok) return drawn
  return { ok: true, n: counts.n, positives: counts.positives, metrics: drawn.intervals }
}
