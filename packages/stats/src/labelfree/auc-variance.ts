import type { ScoreGroups } from '../score-groups.ts'

/**
 * DeLong's variance of the ROC AUC times the number of rows: divided by the rows of a chunk with the same base rate it is the
 * variance of the chunk's AUC. In one walk over the groups of equal score; 0 where a class has one row.
 * @param groups both classes present
 * @see DeLong 1988; equal to `placements` and their variances
 */
export function aucVariancePerRow({ zeros, ones }: ScoreGroups): number {
  const m = ones.reduce((sum, rows) => sum + rows, 0)
  const n = zeros.reduce((sum, rows) => sum + rows, 0)
  let positivesBelow = 0
  let negativesBelow = 0
  let area = 0
  let positiveSquares = 0
  let negativeSquares = 0
  for (let k = 0; k < ones.length; k++) {
    const [positives, negatives] = [ones[k]!, zeros[k]!]
    const beaten = (negativesBelow + negatives / 2) / n
    const beating = (m - positivesBelow - positives / 2) / m
    area += positives * beaten
    positiveSquares += positives * (beaten - 0.5) ** 2
    negativeSquares += negatives * (beating - 0.5) ** 2
    positivesBelow += positives
    negativesBelow += negatives
  }
  const away = area / m - 0.5
  const variance = (squares: number, size: number) =>
    size > 1 ? Math.max(0, squares - size * away * away) / (size - 1) / size : 0
  return (m + n) * (variance(positiveSquares, m) + variance(negativeSquares, n))
}
