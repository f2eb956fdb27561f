import { checkScored } from '../labels.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { ascendingOrder } from '../sort-order.ts'

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
  const order = ascendingOrder(scores)
  let hits = 0
  let value = 0
  for (let end = counts.n; end > 0; ) {
    const score = scores[order[end - 1]!]!
    let start = end
    let tiedPositives = 0
    while (start > 0 && scores[order[start - 1]!]! === score) tiedPositives += y[order[--start]!]!
    hits += tiedPositives
    if (tiedPositives > 0) value += (tiedPositives / counts.positives) * (hits / (counts.n - start))
    end = start
  }
  return { ok: true, value: Math.min(1, value), n: counts.n, positives: counts.positives, method: 'steps' }
}
