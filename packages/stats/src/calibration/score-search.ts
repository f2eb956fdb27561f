/** Equal cells over the range of sorted values, each with the first value at or above its left edge. */
export interface CellIndex {
  readonly cells: number
  readonly lowest: number
  readonly perUnit: number
  readonly first: Int32Array
}

/**
 * Prepares many searches in the same sorted array: with the cells most of them end after a step or two.
 * @param sorted  ascending, finite, at least one
 * @param queries how many searches will be made; few of them do not pay for cells
 */
export function cellIndex(sorted: Float64Array, queries: number): CellIndex {
  const last = sorted.length - 1
  const lowest = sorted[0]!
  const cells = queries < 64 ? 1 : Math.min(1 << 16, 8 * sorted.length)
  const density = cells / (sorted[last]! - lowest)
  const perUnit = Number.isFinite(density) ? density : 0 // one value, or a range too small or too large to divide
  const first = new Int32Array(cells + 1).fill(sorted.length)
  for (let cell = 0, at = 0; cell <= cells; cell++) {
    while (at <= last && (sorted[at]! - lowest) * perUnit < cell) at++
    first[cell] = at
  }
  return { cells, lowest, perUnit, first }
}

/** Position of the first value that is at least `wanted`; the length of the array when there is none. */
export function firstAtLeast(sorted: Float64Array, index: CellIndex, wanted: number): number {
  const { cells, lowest, perUnit, first } = index
  if (wanted <= lowest) return 0
  if (wanted > sorted[sorted.length - 1]!) return sorted.length
  // The cell may be one off by rounding at its edges, so the search starts one cell early and ends one late.
  const cell = Math.min(cells - 1, ((wanted - lowest) * perUnit) | 0)
  let low = perUnit === 0 || cell === 0 ? 0 : first[cell - 1]!
  let high = perUnit === 0 || cell + 2 > cells ? sorted.length : first[cell + 2]!
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < wanted) low = middle + 1
    else high = middle
  }
  return low
}
