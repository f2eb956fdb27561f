import { type Refusal, refuse } from '../refusal.ts'
import { type Budget, checkBudget, fewestRows } from './budget.ts'
import { rankedRows } from './ranked-rows.ts'
import { hoeffdingBentkusP } from './risk-p-values.ts'

/** A threshold at or above which the mean loss is certified. */
export interface CertifiedLoss extends Budget {
  readonly ok: true
  readonly threshold: number
  readonly accepted: number
  readonly meanLoss: number
  readonly n: number
  readonly start: number
  readonly steps: number
  readonly method: 'fixed_sequence_hoeffding_bentkus'
}

/**
 * As `certifyThreshold`, for losses that are not just right or wrong (a cost per row, scaled to [0, 1]).
 * @param scores finite; rows at or above the threshold are acted on
 * @param losses what acting on the row costs, in [0, 1]
 * @param options.start accepted rows at the first cut, chosen without looking at losses; default: the fewest that can pass
 * @returns or `empty`, `not_finite`, `out_of_range`, `not_certifiable`
 */
export function certifyLoss(
  scores: Float64Array,
  losses: Float64Array,
  options: Budget & { readonly start?: number },
): CertifiedLoss | Refusal {
  if (scores.length !== losses.length) throw new RangeError(`${scores.length} scores but ${losses.length} losses`)
  const total = scores.length
  if (total === 0) return refuse('empty', 0, 1, 'no rows')
  for (let i = 0; i < total; i++) {
    if (!Number.isFinite(scores[i]!))
      return refuse('not_finite', i, total, `the score of row ${i} is not a finite number`)
    if (!(losses[i]! >= 0 && losses[i]! <= 1)) {
      return refuse('out_of_range', i, total, `the loss of row ${i} is not in [0, 1]`)
    }
  }
  const problem = checkBudget(options)
  if (problem) return problem
  const { epsilon, delta } = options
  const least = fewestRows(options)
  if (total < least)
    return refuse('not_certifiable', total, least, `${least} rows without a loss are the least that can certify`)
  const { order, reach } = rankedRows(scores, 'yes')
  const start = Math.min(total, Math.max(least, Math.floor(options.start ?? least)))
  let seen = 0
  let sum = 0
  let steps = 0
  let passed: { readonly accepted: number; readonly meanLoss: number } | null = null
  for (let n = start; ; ) {
    const accepted = reach(n)
    for (; seen < accepted; seen++) sum += losses[order[seen]!]!
    const meanLoss = Math.min(1, sum / accepted)
    if (hoeffdingBentkusP(meanLoss, accepted, epsilon) > delta) break
    passed = { accepted, meanLoss }
    steps++
    if (accepted === total) break
    n = Math.min(total, accepted + Math.max(5, Math.floor(accepted / 50)))
  }
  if (!passed) {
    const detail = `the first cut loses ${(sum / seen).toFixed(4)} on average over ${seen} rows`
    return refuse('not_certifiable', seen, Math.max(seen + 1, least), detail)
  }
  const threshold = scores[order[passed.accepted - 1]!]! + 0
  return {
    ok: true,
    threshold,
    ...passed,
    n: total,
    epsilon,
    delta,
    start,
    steps,
    method: 'fixed_sequence_hoeffding_bentkus',
  }
}
