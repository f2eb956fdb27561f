import { checkProbabilities } from '../labels.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { normalSf } from '../special/normal.ts'

/** A test of calibration: `p` is the chance of so large a statistic if the probabilities were right. */
export interface CalibrationTest {
  readonly ok: true
  readonly statistic: number
  readonly p: number
  readonly n: number
  readonly method: 'spiegelhalter' | 'kolmogorov_walk' | 'kuiper_walk'
}

/**
 * Spiegelhalter's Z: is the Brier score what it would be if the probabilities were right?
 * Z = Σ(y - p)(1 - 2p) / √Σ(1 - 2p)²p(1 - p), standard normal under calibration; `p` is two-sided.
 * @param p probabilities in [0, 1], one per row
 * @param y 0 or 1 per row, same order
 * @returns or `empty`, `not_finite`, `out_of_range`, `constant` (every p is 0, ½ or 1: nothing varies)
 * @see Spiegelhalter 1986, Statistics in Medicine 5; oracle: test vectors of MAPIE
 */
export function spiegelhalter(p: Float64Array, y: Uint8Array): CalibrationTest | Refusal {
  const counts = checkProbabilities(p, y)
  if ('ok' in counts) return counts
  let top = 0
  let variance = 0
  for (let i = 0; i < counts.n; i++) {
    const tilt = 1 - 2 * p[i]!
    top += (y[i]! - p[i]!) * tilt
    variance += tilt * tilt * p[i]! * (1 - p[i]!)
  }
  if (!(variance > 0)) return refuse('constant', 0, 1, 'every probability is 0, 0.5 or 1')
  const statistic = top / Math.sqrt(variance)
  return { ok: true, statistic, p: 2 * normalSf(Math.abs(statistic)), n: counts.n, method: 'spiegelhalter' }
}
