import { type BootstrapInterval, type BootstrapOptions, subjectBootstrap } from '../bootstrap/subject-bootstrap.ts'
import { logLosses, weightedAuc, weightedAveragePrecision, weightedMean } from '../bootstrap/weighted-statistics.ts'
import { checkProbabilities } from '../labels.ts'
import type { Refusal } from '../refusal.ts'
import type { Rng } from '../rng.ts'

/** Differences challenger minus champion on the same rows, with paired intervals by subject. */
export interface PairedDifferences {
  readonly ok: true
  readonly n: number
  readonly positives: number
  /** Below 0: the challenger is better. */
  readonly logLoss: BootstrapInterval | Refusal
  /** Below 0: the challenger is better. */
  readonly brier: BootstrapInterval | Refusal
  /** Above 0: the challenger is better. */
  readonly auc: BootstrapInterval | Refusal
  /** Above 0: the challenger is better. */
  readonly averagePrecision: BootstrapInterval | Refusal
}

/**
 * Is the challenger better than the champion on the same sealed rows? Both models see the same weights in each replicate,
 * so what is easy or hard for both cancels.
 * @param challenger,champion probabilities in [0, 1], one per row each
 * @param y        0 or 1 per row, same order
 * @param subjects a number per row that names its subject; the rows of one subject are drawn together
 * @returns        or `empty`, `not_finite`, `out_of_range`, `too_few`, `stopped`
 * @throws RangeError arrays of unequal length
 */
export function pairedBootstrap(
  challenger: Float64Array,
  champion: Float64Array,
  y: Uint8Array,
  subjects: ArrayLike<number>,
  rng: Rng,
  options: BootstrapOptions = {},
): PairedDifferences | Refusal {
  if (subjects.length !== y.length) throw new RangeError(`${subjects.length} subjects but ${y.length} labels`)
  const counts = checkProbabilities(challenger, y)
  if ('ok' in counts) return counts
  const other = checkProbabilities(champion, y)
  if ('ok' in other) return other
  const losses = [logLosses(challenger, y), logLosses(champion, y)] as const
  const aucs = [weightedAuc(challenger, y), weightedAuc(champion, y)] as const
  const precisions = [weightedAveragePrecision(challenger, y), weightedAveragePrecision(champion, y)] as const
  const statistics = {
    logLoss: weightedMean(losses[0].map((loss, i) => loss - losses[1][i]!)),
    brier: weightedMean(challenger.map((p, i) => (p - y[i]!) ** 2 - (champion[i]! - y[i]!) ** 2)),
    auc: (weights: Float64Array) => aucs[0](weights) - aucs[1](weights),
    averagePrecision: (weights: Float64Array) => precisions[0](weights) - precisions[1](weights),
  }
  const drawn = subjectBootstrap(subjects, statistics, rng, options)
  if (!drawn.ok) return drawn
  return { ok: true, n: counts.n, positives: counts.positives, ...drawn.intervals }
}
