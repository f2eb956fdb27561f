import { type Refusal, refuse } from '../refusal.ts'
import { binomialCdf } from '../special/binomial.ts'
import { type Budget, checkBudget, fewestRows } from './budget.ts'

/** How many accepted rows a certificate needs. */
export interface NeededLabels {
  readonly ok: true
  /** Accepted rows, not all rows. */
  readonly n: number
  /** Wrong ones among them at the assumed share, rounded up. */
  readonly wrong: number
}

/**
 * Smallest number of accepted rows at which a true share of wrong ones below the budget would certify, if exactly that
 * share of them is wrong: about even odds, for better ones plan with more.
 * @param share  true share of wrong ones, in [0, epsilon)
 * @returns      or `out_of_range`, `not_certifiable` (share at or above epsilon; more than ten million rows)
 * @example neededLabels(0, { epsilon: 0.05, delta: 0.05 }) // { ok: true, n: 59, wrong: 0 }
 */
export function neededLabels(share: number, budget: Budget): NeededLabels | Refusal {
  const problem = checkBudget(budget)
  if (problem) return problem
  const { epsilon, delta } = budget
  if (!(share >= 0 && share <= 1)) {
    return refuse('out_of_range', Number.isFinite(share) ? share : 0, 1, `the share must be in [0, 1], got ${share}`)
  }
  if (share >= epsilon)
    return refuse('not_certifiable', share, epsilon, 'the share of wrong ones is not below the budget')
  if (share === 0) return { ok: true, n: fewestRows(budget), wrong: 0 }
  // Rows up to lastOf(k) have k wrong ones; the more of them, the better, so a count k succeeds when its last n does.
  const lastOf = (k: number) => Math.floor(k / share + 1e-9)
  const succeeds = (k: number) => lastOf(k) >= k && binomialCdf(k, lastOf(k), epsilon) <= delta
  const most = Math.ceil(share * 1e7)
  let k = 1
  // One by one as long as rounding makes neighbours differ, then by doubling and halving.
  while (k <= 500 && !succeeds(k)) k++
  if (k > 500) {
    let high = k
    while (high <= most && !succeeds(high)) high *= 2
    if (high > most) return refuse('not_certifiable', 0, 1e7, 'more than ten million rows are needed')
    let low = Math.max(500, high / 2)
    while (low + 1 < high) {
      const middle = Math.floor((low + high) / 2)
      if (succeeds(middle)) high = middle
      else low = middle
    }
    k = high
  }
  return { ok: true, n: smallestPassing(k, Math.max(k, lastOf(k - 1) + 1), lastOf(k), budget), wrong: k }
}

/** Fewest rows with this many wrong ones among them that still certify. */
export function rowsToCarry(wrong: number, budget: Budget): number {
  let high = Math.max(wrong + 1, fewestRows(budget))
  while (binomialCdf(wrong, high, budget.epsilon) > budget.delta) high *= 2
  return smallestPassing(wrong, wrong, high, budget)
}

function smallestPassing(wrong: number, from: number, to: number, { epsilon, delta }: Budget): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (binomialCdf(wrong, middle, epsilon) <= delta) high = middle
    else low = middle + 1
  }
  return low
}
