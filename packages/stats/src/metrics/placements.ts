import { ascendingOrder } from '../sort-order.ts'

/**
 * Placement values: for each row of class 1 the share of class 0 it outranks, for each row of class 0 the share of
 * class 1 that outranks it, ties counting half. Their mean is the ROC AUC and their spread its variance
 * (Sun & Xu 2014: V10 = (TZ - TX)/n, V01 = 1 - (TZ - TY)/m with midranks).
 */
export interface Placements {
  readonly auc: number
  /** One value per row of class 1, in row order. */
  readonly positives: Float64Array
  /** One value per row of class 0, in row order. */
  readonly negatives: Float64Array
}

/** Placements of checked input (finite scores, both classes present). O(n). */
export function placements(scores: Float64Array, y: Uint8Array): Placements {
  const n = y.length
  let m = 0
  for (let i = 0; i < n; i++) m += y[i]!
  const order = ascendingOrder(scores)
  const byRow = new Float64Array(n)
  let positivesBelow = 0
  let negativesBelow = 0
  let pairs = 0
  for (let start = 0; start < n; ) {
    const score = scores[order[start]!]!
    let end = start
    let tiedPositives = 0
    while (end < n && scores[order[end]!]! === score) tiedPositives += y[order[end++]!]!
    const tiedNegatives = end - start - tiedPositives
    const beaten = negativesBelow + tiedNegatives / 2
    const beating = m - positivesBelow - tiedPositives / 2
    for (let k = start; k < end; k++) {
      const row = order[k]!
      byRow[row] = y[row] === 1 ? beaten / (n - m) : beating / m
    }
    pairs += tiedPositives * beaten
    positivesBelow += tiedPositives
    negativesBelow += tiedNegatives
    start = end
  }
  const positives = new Float64Array(m)
  const negatives = new Float64Array(n - m)
  let p = 0
  let q = 0
  for (let i = 0; i < n; i++) {
    if (y[i] === 1) positives[p++] = byRow[i]!
    else negatives[q++] = byRow[i]!
  }
  return { auc: pairs / m / (n - m), positives, negatives }
}
