import { checkScored } from '../labels.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { scoreGroups } from '../score-groups.ts'

/** Area under the precision-recall steps. */
export interface AveragePrecision {
  readonly ok: true
  readonly value: number
  readonly n: number
  readonly positives: number
  readonly method: 'steps'
}

/**
 * Average precision: Σ over distinct scores, from the highest down, of the gain in recall times the precision there.
 * Rows of equal score enter together; never the trapezoid, which flatters.
 * @param scores one finite number per row
 * @param y      0 or 1 per row, same order
 * @returns      value in (0, 1]; or `empty`, `one_class` (no row of class 1), `not_finite`, `out_of_range`
 * @see fixture by scikit-learn
 */
export function averagePrecision(scores: Float64Array, y: Uint8Array): AveragePrecision | Refusal {
  const counts = checkScored(scores, y)
  if ('ok' in counts) return counts
  if (counts.positives === 0) return refuse('one_class', 0, 1, 'no row of class 1')
  const { zeros, ones } = scoreGroups(scores, y)
  let hits = 0
  let alerts = 0
  let value = 0
  for (let k = ones.length - 1; k >= 0; k--) {
    hits += ones[k]!
    alerts += zeros[k]! + ones[k]!
    value += (ones[k]! / counts.positives) * (hits / alerts)
  }
  return { ok: true, value: Math.min(1, value), n: counts.n, positives: counts.positives, method: 'steps' }
}
