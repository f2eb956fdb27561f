import type { ActionSide } from '../risk/certify-threshold.ts'
import { binomialCdf } from '../special/binomial.ts'
import type { ActionBudgets } from './certify-record.ts'
import { countRows, cutTotals, noCounts } from './counts.ts'
import { cutsOf, type RecordCuts } from './cuts.ts'

const newest = 2000
const ofEachLabel = 100
const fewestInside = 10
/** A weak test on purpose: the promise is the record's, this keeps a spoiled version from using it. */
export const passLevel = 0.2

/** What the rows that a version has never seen say about it; plain data. */
export interface VersionCheck {
  readonly side: ActionSide
  /** The cuts at which it passes, the loosest first. */
  readonly passes: readonly number[]
  /** Rows the check is made of, and those of class 1 among them. */
  readonly rows: number
  readonly positives: number
  /** Per cut, the loosest first: rows in it, and the wrong ones among them. */
  readonly inside: readonly number[]
  readonly wrong: readonly number[]
}

/**
 * Holds a version against rows it has never seen: it passes at a cut when so few wrong ones are no surprise at the budget,
 * P(Bin(m, alpha) <= S) <= .2, and for clears P(Bin(P, beta) <= S) <= .2, on at least ten rows inside. A pass holds until the
 * next look, which may take it back.
 * @param scores by this version, of the mature labelled rows newer than the newest it was fitted on, oldest first; NaN: none
 * @param y      0 or 1 per row, same order
 * @param cuts   its own, frozen when it began to serve
 * @param meets  per row 1 where the further conditions of the action hold, made from other rows than this one
 */
export function checkVersion(
  scores: Float64Array,
  y: Uint8Array,
  cuts: RecordCuts,
  { alpha, beta }: ActionBudgets,
  meets?: Uint8Array,
): VersionCheck {
  if (scores.length !== y.length) throw new RangeError(`${scores.length} scores but ${y.length} labels`)
  const from = oldestLooked(y)
  const rows = { cuts: cutsOf(cuts, scores.subarray(from), meets?.subarray(from)), y: y.subarray(from) }
  const totals = cutTotals(countRows(noCounts, rows, cuts.side))
  const passes: number[] = []
  totals.rows.forEach((inside, cut) => {
    const wrong = totals.wrong[cut]!
    if (
      inside >= fewestInside &&
      binomialCdf(wrong, inside, alpha) <= passLevel &&
      (beta === null || binomialCdf(wrong, totals.positives, beta) <= passLevel)
    )
      passes.push(cut)
  })
  return {
    side: cuts.side,
    passes,
    rows: totals.all,
    positives: totals.positives,
    inside: [...totals.rows],
    wrong: [...totals.wrong],
  }
}

/** The newest 2,000, and further back until they hold a hundred of each label. */
function oldestLooked(y: Uint8Array): number {
  const seen = [0, 0]
  for (let i = y.length - 1; i >= 0; i--) {
    if (y.length - 1 - i >= newest && Math.min(seen[0]!, seen[1]!) >= ofEachLabel) return i + 1
    seen[y[i]!]!++
  }
  return 0
}

/**
 * At how many unseen rows, all of them, a version is looked at again: a fifth more, or 200 more, whichever is less.
 * @param rows at the look before, whole number >= 0
 */
export const nextLookAt = (rows: number): number => rows + Math.max(1, Math.min(200, Math.ceil(rows / 5)))
