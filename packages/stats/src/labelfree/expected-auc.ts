import { type Refusal, refuse } from '../refusal.ts'
import { sortedRows } from '../sort-by-cells.ts'

/**
 * ROC AUC to be expected when row i is of class 1 with probability c_i: each row is c_i of a positive and 1 - c_i of a
 * negative. Rows of equal score are one group.
 * @param scores what the rows are ranked by; finite
 * @param c      calibrated probabilities in [0, 1]
 * @returns      or `one_class` (nothing of one class is expected)
 */
export function expectedAuc(scores: Float64Array, c: Float64Array): number | Refusal {
  const { sorted, rows } = sortedRows(scores)
  const n = scores.length
  let positives = 0
  let negatives = 0
  let area = 0
  for (let start = 0; start < n; ) {
    const score = sorted[start]!
    let groupPositives = 0
    let groupNegatives = 0
    let end = start
    for (; end < n && sorted[end]! === score; end++) {
      const share = c[rows[end]!]!
      groupPositives += share
      groupNegatives += 1 - share
    }
    area += groupPositives * (negatives + groupNegatives / 2)
    positives += groupPositives
    negatives += groupNegatives
    start = end
  }
  if (!(positives > 0 && negatives > 0)) return refuse('one_class', 0, 1, 'one class only is expected')
  return Math.min(1, area / positives / negatives)
}
