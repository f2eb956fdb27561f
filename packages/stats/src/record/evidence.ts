import { type Refusal, refuse } from '../refusal.ts'
import { type Budget, checkBudget } from '../risk/budget.ts'

/** A wrong row multiplies the bets by these; the smaller one, the more it stakes on a low error. */
const parts: readonly number[] = [0.1, 0.4, 0.65, 0.85]
const lnParts = parts.map(Math.log)

/**
 * Evidence that rows are wrong less often than a budget allows, as a natural logarithm: the mean of four bets against
 * "alpha of them or more". P(it ever reaches ln 1/delta while the average chance of being wrong is alpha or more) <= delta,
 * however often one looks and whoever chose the rows, if each was chosen before its outcome was known.
 * @param wrong whole number, 0 to rows
 * @param rows  whole number >= 0; no rows are no evidence: 0
 * @param alpha in (0, 1)
 * @throws RangeError outside these ranges: a bug of the caller
 * @see Ville 1939; Choe & Ramdas 2024 (averages); docs/certificates.md; fixture by make_record.py
 */
export function recordEvidence(wrong: number, rows: number, alpha: number): number {
  if (!(Number.isInteger(wrong) && Number.isInteger(rows) && wrong >= 0 && wrong <= rows && alpha > 0 && alpha < 1))
    throw new RangeError(`recordEvidence(${wrong}, ${rows}, ${alpha}) is not defined`)
  if (rows === 0) return 0
  // Always from the counts: a sum that is carried on drifts, and a label that is taken back could not be taken out of it.
  const right = rows - wrong
  const rest = Math.log1p(-alpha)
  const logs = parts.map((part, i) => wrong * lnParts[i]! + right * (Math.log1p(-part * alpha) - rest))
  let top = logs[0]!
  for (const log of logs) if (log > top) top = log
  let sum = 0
  for (const log of logs) sum += Math.exp(log - top)
  return top + Math.log(sum / parts.length)
}

/**
 * Largest average chance of being wrong that the evidence does not rule out, at any moment one looks: the budgets above it
 * would have been certified with the whole delta.
 * @param delta in (0, 1)
 * @returns in (0, 1]; 1 where no row was right
 * @throws RangeError as `recordEvidence`
 */
export function recordUpperBound(wrong: number, rows: number, delta: number): number {
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta must be in (0, 1), got ${delta}`)
  if (wrong === rows) return 1
  const limit = -Math.log(delta)
  let low = 0
  let high = 1
  // Evidence rises with the budget, from nothing to infinity.
  while (true) {
    const middle = (low + high) / 2
    if (middle === low || middle === high) return high
    if (recordEvidence(wrong, rows, middle) < limit) low = middle
    else high = middle
  }
}

/** How many rows a cut needs. */
export interface NeededRows {
  readonly ok: true
  /** Rows inside the cut, not all rows. */
  readonly n: number
  /** Wrong ones among them at the assumed share, rounded up. */
  readonly wrong: number
}

/** What weighs on the cuts next to the plan; see `recordStarts`. */
const mainWeight = 0.7

/**
 * Smallest number of rows inside a cut at which a share of wrong ones below the budget certifies it, if exactly that share
 * of them is wrong, rounded up. Close to the budget rounding may make a few more rows fail again.
 * @param share  of wrong rows, in [0, epsilon)
 * @param weight of the chain of starts the cut lies in, in (0, 1]
 * @returns      or `out_of_range`, `not_certifiable` (share at or above epsilon; more than a million rows)
 * @cost one evidence per wrong row: 20 ms for a million rows at 10 %
 * @example neededRecordRows(0.05, { epsilon: 0.1, delta: 0.05 }) // { ok: true, n: 276, wrong: 14 }
 */
export function neededRecordRows(share: number, budget: Budget, weight: number = mainWeight): NeededRows | Refusal {
  const problem = checkBudget(budget)
  if (problem) return problem
  const { epsilon, delta } = budget
  if (!(share >= 0 && share <= 1 && weight > 0 && weight <= 1))
    return refuse('out_of_range', 0, 1, `share and weight must be fractions, got ${share} and ${weight}`)
  if (share >= epsilon)
    return refuse('not_certifiable', share, epsilon, 'the share of wrong ones is not below the budget')
  const limit = -Math.log(delta) - Math.log(weight)
  const certifies = (wrong: number, rows: number) =>
    rows >= wrong && recordEvidence(wrong, rows, epsilon) >= limit - slack
  // Rows up to lastOf(k) have k wrong ones, and among them more rows are more evidence.
  const lastOf = (wrong: number) => (share === 0 ? most : Math.min(most, Math.floor(wrong / share + 1e-9)))
  for (let wrong = share === 0 ? 0 : 1; ; wrong++) {
    const last = lastOf(wrong)
    if (certifies(wrong, last)) {
      let low = wrong === 0 ? 1 : Math.max(wrong, lastOf(wrong - 1) + 1)
      let high = last
      while (low < high) {
        const middle = (low + high) >> 1
        if (certifies(wrong, middle)) high = middle
        else low = middle + 1
      }
      return { ok: true, n: high, wrong }
    }
    if (last >= most) return refuse('not_certifiable', 0, most, 'more than a million rows are needed')
  }
}

const most = 1e6

/** So that evidence which reaches its limit exactly is not lost to rounding. */
export const slack = 1e-12
