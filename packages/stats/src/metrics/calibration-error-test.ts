import { type Refusal, refuse } from '../refusal.ts'
import type { Rng } from '../rng.ts'
import { ascendingOrder } from '../sort-order.ts'
import { expectedCalibrationError } from './expected-calibration-error.ts'

/** Is an expected calibration error more than what so few rows always show? */
export interface CalibrationErrorTest {
  readonly ok: true
  /** The ECE seen. */
  readonly value: number
  /** Mean ECE if the probabilities were exactly right. */
  readonly expected: number
  /** Chance of an ECE at least as large if they were: (1 + redraws as large)/(1 + redraws). */
  readonly p: number
  readonly n: number
  readonly redraws: number
  readonly method: 'equal_width' | 'equal_mass'
}

/**
 * P-value of the ECE by redrawing every outcome from its own probability. A perfect model has a positive ECE on a small
 * sample; this says how positive.
 * @param p       probabilities in [0, 1], one per row
 * @param y       0 or 1 per row, same order
 * @param redraws whole number of at least 1 (default 1,000); cost O(redraws·n)
 * @returns       or `empty`, `not_finite`, `out_of_range`
 * @see Bröcker & Smith 2007, Weather and Forecasting 22 (consistency resampling)
 */
export function calibrationErrorTest(
  p: Float64Array,
  y: Uint8Array,
  rng: Rng,
  binning: 'equal_width' | 'equal_mass' = 'equal_mass',
  bins = 15,
  redraws = 1000,
): CalibrationErrorTest | Refusal {
  const seen = expectedCalibrationError(p, y, binning, bins)
  if (!seen.ok) return seen
  if (!(Number.isSafeInteger(redraws) && redraws >= 1)) {
    return refuse('out_of_range', 0, 1, `redraws must be a whole number of at least 1, got ${redraws}`)
  }
  const { n } = seen
  // Bins depend on p only. Both kinds are ranges of p, so in ascending order each bin is a run of rows.
  const order = ascendingOrder(p)
  const sorted = Float64Array.from(order, row => p[row]!)
  let asLarge = 0
  let total = 0
  for (let b = 0; b < redraws; b++) {
    let error = 0
    let row = 0
    for (const bin of seen.bins) {
      const end = row + bin.n
      let drawn = 0
      for (; row < end; row++) if (rng.uniform() < sorted[row]!) drawn++
      error += Math.abs(bin.n * bin.meanProbability - drawn)
    }
    total += error / n
    // A hair of slack: the same outcomes must count as equal although they were summed in another order.
    if (error / n >= seen.value - 1e-12) asLarge++
  }
  const pValue = (1 + asLarge) / (1 + redraws)
  return { ok: true, value: seen.value, expected: total / redraws, p: pValue, n, redraws, method: binning }
}
