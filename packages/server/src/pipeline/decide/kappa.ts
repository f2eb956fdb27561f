import type { Action, Decision } from '@surety/contract'
import { cutOf } from '@surety/stats'
import type { Autonomy, Bound } from '../item.ts'
import { missedConditions } from './missed-conditions.ts'

/**
 * The strictest cut of each side that holds a case, by the score of the version that is acted on: what the case is counted under in
 * the records of its question, whatever becomes of it. Nothing in it depends on a label or a certificate.
 * @param said by the version that is acted on; null: this process has not loaded it, or the case came late
 * @param floor the operator's threshold: acts lie at or above it, clears below
 * @returns -1: no cut holds it, because of its score, the threshold or a further condition of the action, or because the version has
 *          no cuts yet. null: the question has no such side, or no model serves
 */
export function kappaOf(
  said: Pick<Bound, 'score' | 'interval'> | null,
  autonomy: Autonomy,
  floor: number,
): Decision['kappa'] {
  const { acting, sides } = autonomy
  if (acting === null) return { act: null, clear: null }
  const p = said?.score.probability ?? null
  const of = (action: Action, beyond: boolean): number => {
    const cuts = acting.cuts[action.side]
    if (said === null || p === null || cuts === null || !beyond || missedConditions(action, said, floor).length > 0)
      return -1
    return cutOf(cuts, p)
  }
  return {
    act: sides.act === undefined ? null : of(sides.act.action, p !== null && p >= floor),
    clear: sides.clear === undefined ? null : of(sides.clear.action, p !== null && p < floor),
  }
}
