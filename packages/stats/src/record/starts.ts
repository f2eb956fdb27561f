import { checkProbabilities, checkScored } from '../labels.ts'
import { checkLevel } from '../level.ts'
import type { Refusal } from '../refusal.ts'
import type { ActionSide } from '../risk/certify-threshold.ts'
import { plannedRows } from '../risk/planned-rows.ts'
import { rankedRows } from '../risk/ranked-rows.ts'
import { recordShares } from './cuts.ts'
import type { ChainStart } from './walk.ts'

const newest = 2000
/** Where a model sees nothing within the budget, the walk begins as if it saw this share. */
const leastPlan = 0.02
const last = recordShares.length - 1

/** Share of the newest decisions that an action could take within its budget, as the model itself sees it. */
export interface PlannedShare {
  readonly ok: true
  /** In (0, 1]; .02 where it sees nothing. */
  readonly share: number
  /** false: of no decision it expects so little to be wrong. */
  readonly sees: boolean
}

/**
 * The plan of a version for an action: the largest share of the newest decisions, best first, of which it expects at most the
 * budget to be wrong. It may be mistaken: that costs automation, never the promise, because no label is in it.
 * @param scores of the newest decisions, at most 2,000, oldest first, finite
 * @param p      chance of class 1 by the version's calibrator, same order, in [0, 1]
 * @param alpha  in (0, 1)
 * @returns      or `empty`, `not_finite`, `out_of_range`
 */
export function plannedShare(
  scores: Float64Array,
  p: Float64Array,
  side: ActionSide,
  alpha: number,
): PlannedShare | Refusal {
  const [lately, chances] = [scores.slice(-newest), p.slice(-newest)]
  const unlabelled = new Uint8Array(lately.length)
  for (const counts of [checkScored(lately, unlabelled), checkProbabilities(chances, unlabelled)])
    if ('ok' in counts) return counts
  const problem = checkLevel(alpha, 'alpha')
  if (problem) return problem
  const planned = plannedRows(rankedRows(lately, side).order, chances, side, alpha)
  return { ok: true, share: planned === 0 ? leastPlan : planned / lately.length, sees: planned > 0 }
}

/**
 * Where the walk of a new record begins, fixed for all of its life: three tenths of the weight at an eighth of the plan, the
 * rest at a third of it.
 * @param share of a plan, in (0, 1]
 */
export function recordStarts(share: number): readonly ChainStart[] {
  if (!(share > 0 && share <= 1)) throw new RangeError(`a plan is a share in (0, 1], got ${share}`)
  return twoChains(cutHolding(share / 8), cutHolding(share / 3))
}

/**
 * Where it begins when a certificate is in force as the record begins: twelve and four cuts stricter than that.
 * @param loosest its loosest cut, 0 to 63
 */
export function recordStartsAfter(loosest: number): readonly ChainStart[] {
  if (!(Number.isInteger(loosest) && loosest >= 0 && loosest <= last))
    throw new RangeError(`there is no cut ${loosest}`)
  return twoChains(Math.min(last, loosest + 12), Math.min(last, loosest + 4))
}

/** Strictest cut that holds at least this share. */
const cutHolding = (share: number): number => Math.min(last, Math.max(0, Math.floor(-Math.log(share) / Math.log(1.1))))

const twoChains = (strict: number, loose: number): readonly ChainStart[] =>
  strict === loose
    ? [{ cut: strict, weight: 1 }]
    : [
        { cut: strict, weight: 0.3 },
        { cut: loose, weight: 0.7 },
      ]
