import { checkProbabilities } from '../labels.ts'
import type { Refusal } from '../refusal.ts'

/** Mean log loss; `clipped` rows had a probability outside [1e-15, 1 - 1e-15]. */
export interface LogLoss {
  readonly ok: true
  readonly value: number
  readonly n: number
  readonly positives: number
  readonly clipped: number
}

const clip = 1e-15

/**
 * Log loss: mean of -ln(probability given to what happened), with probabilities clipped to [1e-15, 1 - 1e-15].
 * @param p probabilities in [0, 1], one per row
 * @param y 0 or 1 per row, same order
 * @returns or `empty`, `not_finite`, `out_of_range`
 * @see fixture by scikit-learn
 */
export function logLoss(p: Float64Array, y: Uint8Array): LogLoss | Refusal {
  const counts = checkProbabilities(p, y)
  if ('ok' in counts) return counts
  const block = 4096
  let total = 0
  let clipped = 0
  for (let from = 0; from < p.length; from += block) {
    let sum = 0
    for (let i = from; i < Math.min(p.length, from + block); i++) {
      const q = Math.min(1 - clip, Math.max(clip, p[i]!))
      if (q !== p[i]!) clipped++
      sum -= y[i] === 1 ? Math.log(q) : Math.log1p(-q)
    }
    total += sum
  }
  return { ok: true, value: total / counts.n, n: counts.n, positives: counts.positives, clipped }
}
