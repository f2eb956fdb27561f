import { type Refusal, refuse } from '../refusal.ts'

/**
 * ROC AUC to be expected when row i is of class 1 with probability c_i: each row is c_i of a positive and 1 - c_i of a
 * negative. Rows of equal score are one group, for they have the same c.
 * @param rows number of rows of each group, groups by ascending score
 * @param c    calibrated probability of each group, in [0, 1]
 * @returns    or `one_class` (nothing of one class is expected)
 */
export function expectedAuc(rows: Float64Array, c: Float64Array): number | Refusal {
  let positives = 0
  let negatives = 0
  let area = 0
  for (let k = 0; k < rows.length; k++) {
    const [ones, zeros] = [rows[k]! * c[k]!, rows[k]! * (1 - c[k]!)]
    area += ones * (negatives + zeros / 2)
    positives += ones
    negatives += zeros
  }
  if (!(positives > 0 && negatives > 0)) return refuse('one_class', 0, 1, 'one class only is expected')
  return Math.min(1, area / positives / negatives)
}
