/** Which labels are plausible: 0 = none, 1 = {0}, 2 = {1}, 3 = {0, 1}. Bit c stands for label c. */
export type LabelSet = 0 | 1 | 2 | 3

/** How unusual a label is for a row of probability p: 1 - the probability of that label. */
export function labelScore(p: number, label: number): number {
  return label === 1 ? 1 - p : p
}

/** True when the set holds the label. */
export function holdsLabel(set: number, label: number): boolean {
  return (set & (1 << label)) !== 0
}
