import { checkProbabilities } from '../labels.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { ascendingOrder } from '../sort-order.ts'

/** One bin of a reliability curve: rows, mean probability said, share of class 1 seen. */
export interface CalibrationBin {
  readonly n: number
  readonly meanProbability: number
  readonly positiveShare: number
}

/** Gap between what was said and what was seen. Empty bins are left out. */
export interface CalibrationError {
  readonly ok: true
  readonly value: number
  readonly n: number
  readonly method: 'equal_width' | 'equal_mass'
  readonly bins: readonly CalibrationBin[]
}

/**
 * Expected calibration error: mean over rows of |share seen - probability said| of their bin.
 *
 * `equal_width` cuts [0, 1] into bins [k/B, (k+1)/B), the last one closed. `equal_mass` cuts the sorted rows into B
 * groups of about n/B rows; a cut never falls inside a group of equal probabilities, so there may be fewer bins.
 * @param p       probabilities in [0, 1], one per row
 * @param y       0 or 1 per row, same order
 * @param binning which bins
 * @param bins    number of bins, whole number from 1 to 10,000 (default 15)
 * @returns       or `empty`, `not_finite`, `out_of_range`
 */
export function expectedCalibrationError(
  p: Float64Array,
  y: Uint8Array,
  binning: 'equal_width' | 'equal_mass' = 'equal_width',
  bins = 15,
): CalibrationError | Refusal {
  if (!(Number.isInteger(bins) && bins >= 1 && bins <= 10_000)) {
    return refuse('out_of_range', Number.isFinite(bins) ? bins : 0, 1, 'bins must be a whole number from 1 to 10000')
  }
  const counts = checkProbabilities(p, y)
  if ('ok' in counts) return counts
  const rows = new Float64Array(bins)
  const said = new Float64Array(bins)
  const seen = new Float64Array(bins)
  if (binning === 'equal_width') {
    // Four sums per bin, taken in turn: neighbours often share a bin, and one sum would have to wait for the other.
    const turns = 4
    const sums = new Float64Array(turns * bins)
    const byClass = new Uint32Array(turns * bins * 2)
    for (let i = 0; i < counts.n; i++) {
      const bin = (i & (turns - 1)) * bins + (p[i] === 1 ? bins - 1 : (p[i]! * bins) | 0)
      sums[bin]! += p[i]!
      byClass[2 * bin + y[i]!]!++
    }
    for (let k = 0; k < turns * bins; k++) {
      said[k % bins]! += sums[k]!
      seen[k % bins]! += byClass[2 * k + 1]!
      rows[k % bins]! += byClass[2 * k]! + byClass[2 * k + 1]!
    }
  } else {
    const order = ascendingOrder(p)
    for (let start = 0; start < counts.n; ) {
      let end = start
      while (end < counts.n && p[order[end]!]! === p[order[start]!]!) end++
      // A group of ties belongs where its middle row falls.
      const bin = Math.min(bins - 1, Math.floor(((start + end - 1) / 2 / counts.n) * bins))
      rows[bin]! += end - start
      said[bin]! += (end - start) * p[order[start]!]!
      for (let k = start; k < end; k++) seen[bin]! += y[order[k]!]!
      start = end
    }
  }
  const filled: CalibrationBin[] = []
  let value = 0
  for (let b = 0; b < bins; b++) {
    const n = rows[b]!
    if (n === 0) continue
    filled.push({ n, meanProbability: said[b]! / n, positiveShare: seen[b]! / n })
    value += Math.abs(said[b]! - seen[b]!)
  }
  return { ok: true, value: value / counts.n, n: counts.n, method: binning, bins: filled }
}
