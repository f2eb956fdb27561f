const enough = 0.9

/**
 * Whether so many of the mature decisions inside an action's region have a label that all of them may count.
 * @param labelled whole number, at most `mature`
 */
export const labelsComplete = (labelled: number, mature: number): boolean => labelled >= enough * mature

/**
 * The rows that count where labels are incomplete: who gets a label may then depend on what it is, so only those whose audit
 * coin would have drawn them at the smallest rate of the record, asked or acted alike.
 * @param coins        audit coin per row, in [0, 1)
 * @param smallestRate of all audits since the record began, in (0, 1]
 * @returns            1 per row that counts
 */
export function countedByCoin(coins: Float64Array, smallestRate: number): Uint8Array {
  if (!(smallestRate > 0 && smallestRate <= 1)) throw new RangeError(`an audit rate is in (0, 1], got ${smallestRate}`)
  return Uint8Array.from(coins, coin => (coin < smallestRate ? 1 : 0))
}
