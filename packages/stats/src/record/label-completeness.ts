import type { ActionSide } from '../risk/certify-threshold.ts'
import { cutTotals, type RecordCounts } from './counts.ts'

const enough = 0.9
/** Of the budget: so small a share of a cut without a label stays below what the bets leave between a bound and the truth. */
const sparedOfBudget = 1 / 8

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

/**
 * The counts with what has no label counted as wrong: who gets one may depend on what it is, and a budget of 5 % is gone before a
 * tenth of all labels is missing. An eighth of the budget is spared, of each cut, so that a label lost now and then costs nothing.
 * @param missing mature cases without a label per cut, each in the strictest that held it; 64 numbers, at least 0
 * @param alpha   error budget, in (0, 1)
 * @returns       `assumed`: how many wrong ones were added inside each cut, the loosest first; a clear's are of class 1 too
 */
export function countMissing(
  counts: RecordCounts,
  missing: readonly number[],
  side: ActionSide,
  alpha: number,
): { readonly counts: RecordCounts; readonly assumed: readonly number[] } {
  const { rows } = cutTotals(counts)
  const assumed = [...counts.rows].fill(0)
  let without = 0
  for (let cut = assumed.length - 1; cut >= 0; cut--) {
    without += missing[cut]!
    const beyond = Math.ceil(without - sparedOfBudget * alpha * (rows[cut]! + without) - 1e-9)
    assumed[cut] = Math.max(assumed[cut + 1] ?? 0, beyond)
  }
  const added = assumed.map((inside, cut) => inside - (assumed[cut + 1] ?? 0))
  const positives = counts.positives + (side === 'no' ? assumed[0]! : 0)
  const plus = (of: readonly number[]): number[] => of.map((n, cut) => n + added[cut]!)
  return { counts: { ...counts, rows: plus(counts.rows), wrong: plus(counts.wrong), positives }, assumed }
}
