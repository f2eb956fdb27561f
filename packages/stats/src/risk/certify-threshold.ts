import { checkProbabilities, checkScored } from '../labels.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { betaQuantile } from '../special/beta-quantile.ts'
import { type Budget, checkBudget, fewestRows } from './budget.ts'
import { neededLabels, rowsToCarry } from './needed-labels.ts'
import { plannedRows } from './planned-rows.ts'
import { rankedRows } from './ranked-rows.ts'
import { binomialRiskP } from './risk-p-values.ts'

/** `yes`: act where the score is at or above the threshold, wrong is label 0. `no`: at or below it, wrong is label 1. */
export type ActionSide = 'yes' | 'no'

/** A threshold with a promise. */
export interface CertifiedThreshold extends Budget {
  readonly ok: true
  readonly side: ActionSide
  /** The act covers rows with a score at this value, and beyond it on the act's side. */
  readonly threshold: number
  /** Calibration rows the act covers, and the wrong ones among them. */
  readonly accepted: number
  readonly wrong: number
  /** Exact upper bound of the wrong share at level 1 - delta; never above epsilon. */
  readonly upper: number
  /** All calibration rows. */
  readonly n: number
  /** Where the walk began, and how many cuts it accepted. */
  readonly start: number
  readonly steps: number
  readonly method: 'fixed_sequence_binomial'
}

export interface CertifyOptions extends Budget {
  readonly side: ActionSide
  /**
   * Chance of class 1 as the model sees it, for planning the start only: a wrong one costs automation, not the promise.
   * Default: the scores themselves where all of them lie in [0, 1].
   */
  readonly p?: Float64Array
}

/**
 * Loosest threshold for one action such that the share of wrong acts is at most epsilon, with probability 1 - delta over
 * calibrations. Cuts are walked from strict to loose, in an order fixed by scores alone, each tested by the exact binomial
 * test; the walk ends for good at the first cut that fails, so no correction is needed. Holds for any model, as long as
 * calibration rows are like later ones and all labelled, or labelled at random.
 *
 * Start: max(fewestRows, a quarter of what the model itself thinks possible); step: max(5, n/50); a cut always takes all
 * rows of equal score.
 * @param scores finite, one per row, of a model that was not fitted on these rows
 * @param y      0 or 1 per row, same order
 * @returns      or `empty`, `not_finite`, `out_of_range`, `not_certifiable` (need: accepted rows at the observed share)
 * @see Angelopoulos et al. 2021, Learn then Test (arXiv 2110.01052)
 */
export function certifyThreshold(
  scores: Float64Array,
  y: Uint8Array,
  options: CertifyOptions,
): CertifiedThreshold | Refusal {
  const counts = checkScored(scores, y)
  if ('ok' in counts) return counts
  const problem = checkBudget(options)
  if (problem) return problem
  const { epsilon, delta, side } = options
  const budget = { epsilon, delta }
  const least = fewestRows(budget)
  if (counts.n < least) {
    return refuse(
      'not_certifiable',
      counts.n,
      least,
      `${least} rows without a wrong one are the least that can certify`,
    )
  }
  if (options.p) {
    const unfit = checkProbabilities(options.p, y)
    if ('ok' in unfit) return unfit
  }
  const { order, reach } = rankedRows(scores, side)
  const guide = options.p ?? (scores.every(s => s >= 0 && s <= 1) ? scores : null)
  const planned = guide ? plannedRows(order, guide, side, epsilon) : 0
  const start = Math.min(counts.n, Math.max(least, Math.ceil(planned / 4)))

  const wrongLabel = side === 'yes' ? 0 : 1
  let seen = 0
  let wrong = 0
  let passed: { readonly accepted: number; readonly wrong: number } | null = null
  let steps = 0
  for (let n = start; ; ) {
    const accepted = reach(n)
    for (; seen < accepted; seen++) if (y[order[seen]!] === wrongLabel) wrong++
    if (binomialRiskP(wrong, accepted, epsilon) > delta) break
    passed = { accepted, wrong }
    steps++
    if (accepted === counts.n) break
    n = Math.min(counts.n, accepted + Math.max(5, Math.floor(accepted / 50)))
  }
  if (!passed) return notCertifiable(seen, wrong, budget)
  return {
    ok: true,
    side,
    threshold: scores[order[passed.accepted - 1]!]! + 0,
    accepted: passed.accepted,
    wrong: passed.wrong,
    upper:
      passed.wrong === passed.accepted ? 1 : betaQuantile(1 - delta, passed.wrong + 1, passed.accepted - passed.wrong),
    n: counts.n,
    epsilon,
    delta,
    start,
    steps,
    method: 'fixed_sequence_binomial',
  }
}

function notCertifiable(accepted: number, wrong: number, budget: Budget): Refusal {
  const needed = neededLabels(wrong / accepted, budget)
  const seen = `the first cut has ${wrong} wrong among ${accepted}`
  if (needed.ok) {
    // At the same share the count may round down into certainty; more rows than there are is what is meant.
    return refuse(
      'not_certifiable',
      accepted,
      Math.max(accepted + 1, needed.n),
      `${seen}; at that share more rows certify`,
    )
  }
  return refuse(
    'not_certifiable',
    accepted,
    rowsToCarry(wrong, budget),
    `${seen}, at or above the budget of ${budget.epsilon}`,
  )
}
