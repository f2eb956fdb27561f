import { checkProbabilities } from '../labels.ts'
import { type Refusal, refuse } from '../refusal.ts'

/** Mean squared error of probabilities. */
export interface Brier {
  readonly ok: true
  readonly value: number
  readonly n: number
  readonly positives: number
}

/**
 * Brier score: mean of (p - y)², 0 is perfect.
 * @param p probabilities in [0, 1], one per row
 * @param y 0 or 1 per row, same order
 * @returns or `empty`, `not_finite`, `out_of_range`
 * @see Brier 1950; fixture by scikit-learn
 */
export function brier(p: Float64Array, y: Uint8Array): Brier | Refusal {
  const counts = checkProbabilities(p, y)
  if ('ok' in counts) return counts
  const block = 4096
  let total = 0
  for (let from = 0; from < p.length; from += block) {
    let sum = 0
    for (let i = from; i < Math.min(p.length, from + block); i++) sum += (p[i]! - y[i]!) ** 2
    total += sum
  }
  return { ok: true, value: total / counts.n, n: counts.n, positives: counts.positives }
}

/**
 * Brier skill: 1 - Brier/(π(1 - π)) with π the share of class 1. Above 0 the model beats always saying π.
 * @returns or the refusals of `brier`, and `one_class` (π is 0 or 1, the skill is undefined)
 */
export function brierSkill(p: Float64Array, y: Uint8Array): Brier | Refusal {
  const score = brier(p, y)
  if (!score.ok) return score
  const share = score.positives / score.n
  if (share === 0 || share === 1) return refuse('one_class', 0, 1, 'skill needs rows of both classes')
  return { ...score, value: 1 - score.value / (share * (1 - share)) }
}
