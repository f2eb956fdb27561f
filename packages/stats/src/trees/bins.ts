import { sortedCopy } from '../sort-by-cells.ts'
import type { TreeFeature } from './tree-model.ts'
import { mostBins, type TreeTable } from './tree-table.ts'

/** Where the bins of a table go. Bin b of a numeric column holds the values in (cuts[b-1], cuts[b]]. */
export interface BinnedTable {
  /** Bin of every value: rows × columns, row-major. */
  readonly codes: Uint8Array
  /** Number of bins that hold values, per column; the bin of that number holds the missing ones. */
  readonly counts: Int32Array
}

/** Rows whose quantiles stand for those of all rows: 25,000 place a cut within 0.3 % of its rank. */
const sampleRows = 25_000

/**
 * Cuts of one column. Up to 255 distinct values get a bin each. Beyond that three quarters of the cuts are quantiles of
 * all rows, and one quarter quantiles of the rarer class alone: where one row in a hundred is positive, plain quantiles
 * put the whole tail that matters into a bin or two (average precision .636 against .679 on the Fraud Handbook's week).
 * @param values     finite values of the column (missing ones left out), in any order; not written to
 * @param rareValues the same of the rarer class only
 */
export function chooseCuts(values: Float64Array, rareValues: Float64Array): Float64Array {
  const all = sortedCopy(values)
  const distinct: number[] = []
  for (let i = 0; i < all.length && distinct.length <= mostBins; i++) {
    if (i === 0 || all[i]! !== all[i - 1]!) distinct.push(all[i]!)
  }
  if (distinct.length <= mostBins) {
    return Float64Array.from({ length: Math.max(0, distinct.length - 1) }, (_, k) =>
      between(distinct[k]!, distinct[k + 1]!),
    )
  }
  const rare = sortedCopy(rareValues)
  const fromRare = rare.length === 0 ? 0 : Math.floor(mostBins / 4)
  const cuts = new Set<number>()
  addQuantiles(all, mostBins - 1 - fromRare, cuts)
  addQuantiles(rare, fromRare, cuts)
  // A cut at the largest value would leave the bin above it empty.
  cuts.delete(all[all.length - 1]!)
  return Float64Array.from(cuts).sort()
}

/** `count` cuts between equal shares of the sorted values, each half-way to the next value. */
function addQuantiles(sorted: Float64Array, count: number, cuts: Set<number>): void {
  for (let k = 1; k <= count; k++) {
    const at = Math.floor((k * sorted.length) / (count + 1))
    let next = at
    while (next < sorted.length && sorted[next]! === sorted[at]!) next++
    if (next < sorted.length) cuts.add(between(sorted[at]!, sorted[next]!))
  }
}

/** A number t with low <= t < high, half-way where doubles allow. */
function between(low: number, high: number): number {
  const middle = low / 2 + high / 2
  return middle >= low && middle < high ? middle : low
}

/**
 * Cuts every column and writes for each value in which bin it lies. Cuts are chosen on the first `trainRows` rows.
 * @param y 0 or 1 per row; the rarer class by count gets cuts of its own
 * @returns one list of cuts per column, ascending; a categorical column has none, its bins are its levels
 */
export function binTable(
  table: TreeTable,
  features: readonly TreeFeature[],
  y: Uint8Array,
  trainRows: number,
  { codes, counts }: BinnedTable,
): readonly Float64Array[] {
  const { columns, values } = table
  let positives = 0
  for (let i = 0; i < trainRows; i++) positives += y[i]!
  const rareLabel = 2 * positives <= trainRows ? 1 : 0
  const rareRows = new Uint32Array(Math.min(positives, trainRows - positives))
  for (let i = 0, k = 0; i < trainRows; i++) if (y[i] === rareLabel) rareRows[k++] = i
  const cuts = features.map((feature, f) => {
    if (feature.kind === 'categorical') {
      counts[f] = feature.levels.length
      return new Float64Array(0)
    }
    const all = sampled(trainRows, i => values[i * columns + f]!)
    const rare = sampled(rareRows.length, k => values[rareRows[k]! * columns + f]!)
    const found = chooseCuts(all, rare)
    counts[f] = found.length + 1
    return found
  })
  const ladders = cuts.map(makeLadder)
  for (let from = 0; from < table.rows; from += rowsPerBlock) {
    const to = Math.min(table.rows, from + rowsPerBlock)
    features.forEach(({ kind }, f) => {
      if (kind === 'categorical') copyLevels(table, f, counts[f]!, codes, from, to)
      else assignBins(table, f, cuts[f]!, ladders[f]!, codes, from, to)
    })
  }
  return cuts
}

/** A block of rows stays in the cache while its columns are cut one by one. */
const rowsPerBlock = 256

/** Up to 25,000 of `count` values, evenly spread, missing ones left out. */
function sampled(count: number, read: (k: number) => number): Float64Array {
  const size = Math.min(count, sampleRows)
  const found = new Float64Array(size)
  let n = 0
  for (let s = 0; s < size; s++) {
    const value = read(size === count ? s : Math.floor((s * count) / size))
    if (!Number.isNaN(value)) found[n++] = value + 0
  }
  return found.subarray(0, n)
}

function copyLevels(
  { columns, values }: TreeTable,
  f: number,
  levels: number,
  codes: Uint8Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    const code = values[i * columns + f]!
    codes[i * columns + f] = code >= 0 && code < levels ? code : levels
  }
}

const ladderSteps = 1024

/** Evenly spaced rungs over the range of the cuts: only the cuts between two rungs are left to be searched. */
interface Ladder {
  readonly low: number
  readonly scale: number
  /** Number of cuts below each rung; a value between rungs s and s + 1 lies above all cuts below rung s. */
  readonly below: Uint8Array
}

function makeLadder(cuts: Float64Array): Ladder {
  const n = cuts.length
  const low = n === 0 ? 0 : cuts[0]!
  const scale = n < 2 ? 0 : ladderSteps / (cuts[n - 1]! - low)
  const below = new Uint8Array(ladderSteps + 2).fill(n)
  if (!(scale > 0 && scale < Infinity)) {
    below[0] = 0
    return { low, scale: 0, below }
  }
  for (let step = 0, b = 0; step <= ladderSteps; step++) {
    while (b < n && Math.floor((cuts[b]! - low) * scale) < step) b++
    below[step] = b
  }
  return { low, scale, below }
}

function assignBins(
  { columns, values }: TreeTable,
  f: number,
  cuts: Float64Array,
  { low, scale, below }: Ladder,
  codes: Uint8Array,
  from: number,
  to: number,
): void {
  const missing = cuts.length + 1
  for (let i = from, at = from * columns + f; i < to; i++, at += columns) {
    const value = values[at]!
    if (Number.isNaN(value)) {
      codes[at] = missing
      continue
    }
    const rung = (value - low) * scale
    const step = rung > 0 ? (rung < ladderSteps ? rung | 0 : ladderSteps) : 0
    let b = below[step]!
    let end = below[step + 1]!
    while (b < end) {
      const middle = (b + end) >> 1
      if (value > cuts[middle]!) b = middle + 1
      else end = middle
    }
    codes[at] = b
  }
}
