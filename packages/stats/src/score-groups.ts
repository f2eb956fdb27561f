import { sortedCopy, sortedRows } from './sort-by-cells.ts'

/** The distinct scores of labelled rows, ascending, and how many rows (or how much weight) of each class share them. */
export interface ScoreGroups {
  readonly scores: Float64Array
  readonly zeros: Float64Array
  readonly ones: Float64Array
}

/**
 * Groups rows of equal score. All scores are sorted, and those of class 1 once more by themselves: no row number has to
 * travel with its score, which is faster than sorting rows. -0 equals 0.
 * @param scores finite numbers; not written to
 * @param y      0 or 1 per row
 */
export function scoreGroups(scores: Float64Array, y: Uint8Array): ScoreGroups {
  const n = y.length
  const sorted = sortedCopy(scores)
  const sortedOnes = sortedCopy(ofClassOne(scores, y))
  const groups = { scores: sorted, zeros: new Float64Array(n), ones: new Float64Array(n) }
  let count = 0
  for (let k = 0, j = 0; k < n; count++) {
    const score = sorted[k]!
    const [start, startOnes] = [k, j]
    while (k < n && sorted[k]! === score) k++
    while (j < sortedOnes.length && sortedOnes[j]! === score) j++
    const ones = j - startOnes
    sorted[count] = score + 0 // its place has been read already; turns -0 into 0
    groups.zeros[count] = k - start - ones
    groups.ones[count] = ones
  }
  return firstGroups(groups, count)
}

/**
 * The same with the weights of the rows added up; groups without weight are left out.
 * @param weights one non-negative number per row
 */
export function weightedScoreGroups(scores: Float64Array, y: Uint8Array, weights: Float64Array): ScoreGroups {
  const n = y.length
  const { sorted, rows } = sortedRows(scores)
  const groups = { scores: sorted, zeros: new Float64Array(n), ones: new Float64Array(n) }
  let count = 0
  for (let k = 0; k < n; ) {
    const score = sorted[k]!
    const sums = [0, 0]
    for (; k < n && sorted[k]! === score; k++) sums[y[rows[k]!]!]! += weights[rows[k]!]!
    const [zeros, ones] = sums as [number, number]
    if (zeros + ones === 0) continue
    sorted[count] = score + 0
    groups.zeros[count] = zeros
    groups.ones[count++] = ones
  }
  return firstGroups(groups, count)
}

function ofClassOne(scores: Float64Array, y: Uint8Array): Float64Array {
  const picked = new Float64Array(scores.length + 1)
  let count = 0
  // Written every time and kept only if the label is 1: no branch, because nobody can foresee labels.
  for (let i = 0; i < y.length; i++) {
    picked[count] = scores[i]!
    count += y[i]!
  }
  return picked.subarray(0, count)
}

function firstGroups({ scores, zeros, ones }: ScoreGroups, count: number): ScoreGroups {
  return { scores: scores.subarray(0, count), zeros: zeros.subarray(0, count), ones: ones.subarray(0, count) }
}
