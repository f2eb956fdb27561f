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
  const sums = binning === 'equal_width' ? sumByWidth(p, y, bins) : sumByMass(p, y, bins)
  if ('ok' in sums) return sums
  const filled: CalibrationBin[] = []
  let value = 0
  for (let b = 0; b < bins; b++) {
    const n = sums.rows[b]!
    if (n === 0) continue
    filled.push({ n, meanProbability: sums.said[b]! / n, positiveShare: sums.seen[b]! / n })
    value += Math.abs(sums.said[b]! - sums.seen[b]!)
  }
  return { ok: true, value: value / p.length, n: p.length, method: binning, bins: filled }
}

/** Per bin: rows, sum of probabilities said, rows of class 1 seen. */
interface BinSums {
  readonly rows: Float64Array
  readonly said: Float64Array
  readonly seen: Float64Array
}

const noSums = (bins: number): BinSums => ({
  rows: new Float64Array(bins),
  said: new Float64Array(bins),
  seen: new Float64Array(bins),
})

/** Checks while it sums, because a pass of its own for the check would cost half as much again. */
function sumByWidth(p: Float64Array, y: Uint8Array, bins: number): BinSums | Refusal {
  // Four sums per bin, taken in turn: neighbours often share a bin, and one sum would have to wait for the other.
  const turns = 4
  const sums = new Float64Array(turns * bins)
  const byClass = new Uint32Array(turns * bins * 2)
  let sound = p.length === y.length && p.length > 0
  for (let i = 0; i < p.length && sound; i++) {
    const value = p[i]!
    const label = y[i]!
    sound = value >= 0 && value <= 1 && label <= 1
    const bin = (i & (turns - 1)) * bins + Math.min(bins - 1, (value * bins) | 0)
    sums[bin]! += value
    byClass[2 * bin + label]!++
  }
  if (!sound) {
    const problem = checkProbabilities(p, y)
    if ('ok' in problem) return problem
  }
  const all = noSums(bins)
  for (let k = 0; k < turns * bins; k++) {
    all.said[k % bins]! += sums[k]!
    all.seen[k % bins]! += byClass[2 * k + 1]!
    all.rows[k % bins]! += byClass[2 * k]! + byClass[2 * k + 1]!
  }
  return all
}

function sumByMass(p: Float64Array, y: Uint8Array, bins: number): BinSums | Refusal {
  const counts = checkProbabilities(p, y)
  if ('ok' in counts) return counts
  const all = noSums(bins)
  const order = ascendingOrder(p)
  for (let start = 0; start < counts.n; ) {
    let end = start
    while (end < counts.n && p[order[end]!]! === p[order[start]!]!) end++
    // A group of ties belongs where its middle row falls.
    const bin = Math.min(bins - 1, Math.floor(((start + end - 1) / 2 / counts.n) * bins))
    all.rows[bin]! += end - start
    all.said[bin]! += (end - start) * p[order[start]!]!
    for (let k = start; k < end; k++) all.seen[bin]! += y[order[k]!]!
    start = end
  }
  return all
}
