import { sortedRows } from '../sort-by-cells.ts'

/**
 * DeLong's variance of the ROC AUC times the number of rows: divided by the rows of a chunk with the same base rate it is the
 * variance of the chunk's AUC. In one walk over the sorted rows, groups of ties at once; 0 where a class has one row.
 * @param scores finite; both classes present
 * @param y      0 or 1 per row
 * @see DeLong 1988; equal to `placements` and their variances
 */
export function aucVariancePerRow(scores: Float64Array, y: Uint8Array): number {
  const { sorted, rows } = sortedRows(scores)
  const all = y.length
  let m = 0
  for (let i = 0; i < all; i++) m += y[i]!
  const n = all - m
  let positivesBelow = 0
  let negativesBelow = 0
  let area = 0
  let positiveSquares = 0
  let negativeSquares = 0
  for (let start = 0; start < all; ) {
    const score = sorted[start]!
    let positives = 0
    let end = start
    for (; end < all && sorted[end]! === score; end++) positives += y[rows[end]!]!
    const negatives = end - start - positives
    const beaten = (negativesBelow + negatives / 2) / n
    const beating = (m - positivesBelow - positives / 2) / m
    area += positives * beaten
    positiveSquares += positives * (beaten - 0.5) ** 2
    negativeSquares += negatives * (beating - 0.5) ** 2
    positivesBelow += positives
    negativesBelow += negatives
    start = end
  }
  const away = area / m - 0.5
  const variance = (squares: number, size: number) =>
    size > 1 ? Math.max(0, squares - size * away * away) / (size - 1) / size : 0
  return all * (variance(positiveSquares, m) + variance(negativeSquares, n))
}
