import { checkTwoClasses } from '../labels.ts'
import type { Refusal } from '../refusal.ts'
import { scoreGroups } from '../score-groups.ts'

/** ROC AUC without its uncertainty. */
export interface RocAuc {
  readonly ok: true
  readonly value: number
  readonly n: number
  readonly positives: number
  readonly method: 'midranks'
}

/**
 * Chance that a random row of class 1 scores higher than a random row of class 0, ties counting half.
 * @param scores one finite number per row, higher = more likely class 1
 * @param y      0 or 1 per row, same order
 * @returns      value in [0, 1]; or `empty`, `one_class`, `not_finite`, `out_of_range`
 * @see Hanley & McNeil 1982; fixture by scikit-learn (fixtures/make_oracles.py)
 * @example rocAuc(Float64Array.of(0.1, 0.4, 0.35, 0.8), Uint8Array.of(0, 0, 1, 1)) // { ok: true, value: 0.75, ... }
 */
export function rocAuc(scores: Float64Array, y: Uint8Array): RocAuc | Refusal {
  const counts = checkTwoClasses(scores, y)
  if ('ok' in counts) return counts
  const { zeros, ones } = scoreGroups(scores, y)
  let negativesBelow = 0
  let pairs = 0
  for (let k = 0; k < ones.length; k++) {
    pairs += ones[k]! * (negativesBelow + zeros[k]! / 2)
    negativesBelow += zeros[k]!
  }
  const value = pairs / counts.positives / counts.negatives
  return { ok: true, value, n: counts.n, positives: counts.positives, method: 'midranks' }
}
