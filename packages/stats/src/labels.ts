import { type Refusal, refuse } from './refusal.ts'

/** How many rows, and how many of each class. */
export interface ClassCounts {
  readonly n: number
  readonly positives: number
  readonly negatives: number
}

/**
 * Checks scores against labels before any statistic touches them.
 * @param scores one finite number per row
 * @param y      0 or 1 per row, same order
 * @returns      the class counts, or `empty`, `not_finite`, `out_of_range` (a label other than 0 and 1)
 * @throws RangeError when the arrays differ in length: that is a bug of the caller, not a property of the data
 */
export function checkScored(scores: Float64Array, y: Uint8Array): ClassCounts | Refusal {
  if (scores.length !== y.length) throw new RangeError(`${scores.length} scores but ${y.length} labels`)
  const n = y.length
  if (n === 0) return refuse('empty', 0, 1, 'no rows')
  let positives = 0
  for (let i = 0; i < n; i++) {
    // A difference with itself is 0 only for finite numbers.
    if (scores[i]! - scores[i]! !== 0) return refuse('not_finite', i, n, `the score of row ${i} is not a finite number`)
    if (y[i]! > 1) return refuse('out_of_range', y[i]!, 1, `the label of row ${i} is neither 0 nor 1`)
    positives += y[i]!
  }
  return { n, positives, negatives: n - positives }
}

/** As `checkScored`, and both classes must be present (`one_class`: have = size of the smaller class, need = 1). */
export function checkTwoClasses(scores: Float64Array, y: Uint8Array): ClassCounts | Refusal {
  const counts = checkScored(scores, y)
  if ('ok' in counts) return counts
  if (counts.positives === 0) return refuse('one_class', 0, 1, 'no row of class 1')
  if (counts.negatives === 0) return refuse('one_class', 0, 1, 'no row of class 0')
  return counts
}

/** As `checkScored`, and every score must be a probability in [0, 1] (`out_of_range`). */
export function checkProbabilities(p: Float64Array, y: Uint8Array): ClassCounts | Refusal {
  let positives = 0
  let wrong = p.length !== y.length || p.length === 0
  for (let i = 0; i < p.length && !wrong; i++) {
    wrong = !(p[i]! >= 0 && p[i]! <= 1) || y[i]! > 1
    positives += y[i]!
  }
  if (!wrong) return { n: p.length, positives, negatives: p.length - positives }
  // Something is wrong: find out what, in the order in which every function of this package reports it.
  const counts = checkScored(p, y)
  if ('ok' in counts) return counts
  const row = p.findIndex(value => value < 0 || value > 1)
  return refuse('out_of_range', p[row]!, 1, `the probability of row ${row} is outside [0, 1]`)
}
