import { clopperPearson } from '../intervals/clopper-pearson.ts'
import { checkScored } from '../labels.ts'
import { checkLevel } from '../level.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { ascendingOrder } from '../sort-order.ts'

/** Precision at the strictest threshold that finds the wanted share of class 1. */
export interface PrecisionAtRecall {
  readonly ok: true
  /** The precision, with its Clopper-Pearson interval. */
  readonly value: number
  readonly lower: number
  readonly upper: number
  /** Recall reached; at least the one asked for. */
  readonly recall: number
  /** Alerts are the rows with a score at or above it. */
  readonly threshold: number
  readonly alerts: number
  readonly n: number
  readonly positives: number
  readonly level: number
  readonly method: 'clopper_pearson'
}

/**
 * What share of the alerts is right when a given share of class 1 has to be found? Uses the strictest threshold that
 * gets there; a group of equal scores is never cut, so the recall may be higher than asked.
 * @param recall in (0, 1]
 * @returns      or `empty`, `one_class` (no row of class 1), `not_finite`, `out_of_range`
 * @example precisionAtRecall(Float64Array.of(0.9, 0.8, 0.7), Uint8Array.of(1, 0, 1), 1) // value 2/3, threshold 0.7
 */
export function precisionAtRecall(
  scores: Float64Array,
  y: Uint8Array,
  recall: number,
  level = 0.95,
): PrecisionAtRecall | Refusal {
  const problem = checkLevel(level)
  if (problem) return problem
  if (!(recall > 0 && recall <= 1)) {
    return refuse('out_of_range', Number.isFinite(recall) ? recall : 0, 1, `recall must be in (0, 1], got ${recall}`)
  }
  const counts = checkScored(scores, y)
  if ('ok' in counts) return counts
  if (counts.positives === 0) return refuse('one_class', 0, 1, 'no row of class 1')
  const wanted = Math.ceil(recall * counts.positives - 1e-9)
  const order = ascendingOrder(scores)
  let start = counts.n
  let hits = 0
  while (hits < wanted) {
    const score = scores[order[start - 1]!]!
    while (start > 0 && scores[order[start - 1]!]! === score) hits += y[order[--start]!]!
  }
  const alerts = counts.n - start
  const share = clopperPearson(hits, alerts, level)
  if (!share.ok) return share
  return {
    ...share,
    method: 'clopper_pearson',
    recall: hits / counts.positives,
    threshold: scores[order[start]!]! + 0,
    alerts,
    n: counts.n,
    positives: counts.positives,
  }
}
