/**
 * The rank-th smallest number, counted from 1: numbers are counted into cells of equal width, and only the cell with the
 * wanted rank is sorted. O(n) where they spread, O(n log n) where they crowd; the array stays as it is.
 * @param values finite numbers
 * @param rank   whole number from 1 to the length
 */
export function nthSmallest(values: Float64Array, rank: number): number {
  const n = values.length
  if (!(Number.isInteger(rank) && rank >= 1 && rank <= n)) throw new RangeError(`there is no rank ${rank} among ${n}`)
  let lowest = Infinity
  let highest = -Infinity
  for (let i = 0; i < n; i++) {
    const value = values[i]!
    if (value < lowest) lowest = value
    if (value > highest) highest = value
  }
  const perUnit = (cells - 1) / (highest - lowest)
  // Few numbers, or a range too small or too large to divide.
  if (n < 4 * cells || !Number.isFinite(perUnit)) return values.toSorted()[rank - 1]! + 0
  const counts = new Uint32Array(cells)
  for (let i = 0; i < n; i++) counts[((values[i]! - lowest) * perUnit) | 0]!++
  let before = 0
  let cell = 0
  while (before + counts[cell]! < rank) before += counts[cell++]!
  const crowd = new Float64Array(counts[cell]!)
  for (let i = 0, k = 0; i < n; i++) {
    const value = values[i]!
    if ((((value - lowest) * perUnit) | 0) === cell) crowd[k++] = value
  }
  return crowd.sort()[rank - before - 1]! + 0
}

const cells = 2048
