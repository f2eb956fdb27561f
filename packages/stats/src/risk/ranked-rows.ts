import { ascendingOrder } from '../sort-order.ts'

/** Rows in the order in which an action takes them, best first. */
export interface RankedRows {
  readonly order: Uint32Array
  /** The first n rows and all rows of the same score as the last of them: a cut never falls inside a tie. */
  reach(n: number): number
}

/** `yes` takes high scores first, `no` low ones. */
export function rankedRows(scores: Float64Array, side: 'yes' | 'no'): RankedRows {
  const ascending = ascendingOrder(scores)
  const order = side === 'yes' ? ascending.reverse() : ascending
  return {
    order,
    reach(n) {
      const last = scores[order[n - 1]!]!
      let end = n
      while (end < order.length && scores[order[end]!]! === last) end++
      return end
    },
  }
}
