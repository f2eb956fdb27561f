import { checkProbabilities } from '../labels.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { ascendingOrder } from '../sort-order.ts'
import { brownianMaximumSf, brownianRangeSf } from '../special/brownian.ts'
import type { CalibrationTest } from './spiegelhalter.ts'

/**
 * Calibration without bins: walk through the rows by ascending probability, adding y - p. Under calibration the walk is
 * close to a Brownian motion of variance Σp(1 - p). `kolmogorov` is its largest distance from 0, `kuiper` the distance
 * between its highest and its lowest point (0, where it starts, not counted), both in standard deviations of its end.
 * Rows of equal probability are one step.
 * @param p probabilities in [0, 1], one per row
 * @param y 0 or 1 per row, same order
 * @returns or `empty`, `not_finite`, `out_of_range`, `constant` (every p is 0 or 1)
 * @see Arrieta-Ibarra et al. 2022 (2202.00100); oracle: test vectors of MAPIE
 */
export function calibrationWalk(
  p: Float64Array,
  y: Uint8Array,
): { readonly ok: true; readonly kolmogorov: CalibrationTest; readonly kuiper: CalibrationTest } | Refusal {
  const counts = checkProbabilities(p, y)
  if ('ok' in counts) return counts
  const { n } = counts
  let variance = 0
  for (let i = 0; i < n; i++) variance += p[i]! * (1 - p[i]!)
  if (!(variance > 0)) return refuse('constant', 0, 1, 'every probability is 0 or 1')
  const order = ascendingOrder(p)
  let at = 0
  let lowest = Infinity
  let highest = -Infinity
  for (let k = 0; k < n; k++) {
    const row = order[k]!
    at += y[row]! - p[row]!
    if (k + 1 < n && p[order[k + 1]!]! === p[row]!) continue
    lowest = Math.min(lowest, at)
    highest = Math.max(highest, at)
  }
  const deviation = Math.sqrt(variance)
  const far = Math.max(Math.abs(lowest), Math.abs(highest)) / deviation
  const range = (highest - lowest) / deviation
  return {
    ok: true,
    kolmogorov: { ok: true, statistic: far, p: brownianMaximumSf(far), n, method: 'kolmogorov_walk' },
    kuiper: { ok: true, statistic: range, p: brownianRangeSf(range), n, method: 'kuiper_walk' },
  }
}
