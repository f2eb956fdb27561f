/**
 * Most rows, best first, of which the model itself expects at most a share epsilon to be wrong.
 * @param order of the rows, best first
 * @param p     chance of class 1 per row
 */
export function plannedRows(order: Uint32Array, p: Float64Array, side: 'yes' | 'no', epsilon: number): number {
  let expected = 0
  let planned = 0
  for (let i = 0; i < order.length; i++) {
    const chance = p[order[i]!]!
    expected += side === 'yes' ? 1 - chance : chance
    if (expected <= epsilon * (i + 1)) planned = i + 1
  }
  return planned
}
