import type { Action, ActionOverview } from '@surety/contract'
import { feedRestartingTripwire, type RestartingTripwire, selectiveEstimate } from '@surety/stats'
import type { ActionPlace } from '../../store/action-states.ts'
import { type ActedRow, readActed } from '../../store/calibration-rows.ts'
import type { Reader } from '../../store/db.ts'
import { isWrong } from './is-wrong.ts'

/**
 * The share of wrong ones among what the machine did or would have done, from blind audits alone, each weighted by the
 * chance it had of being drawn. Over the mature labelled cases of 90 days, of any model.
 */
export const auditEstimate = async (
  db: Reader,
  place: ActionPlace,
  action: Action,
  from: Date,
  until: Date,
): Promise<ActionOverview['audit_estimate']> => estimateOf(action, await readActed(db, place, from, until))

/** @param rows what was done or would have been, with a label */
export function estimateOf(action: Action, rows: readonly ActedRow[]): ActionOverview['audit_estimate'] {
  const estimate = selectiveEstimate({
    value: Float64Array.from(rows, row => (isWrong(action, row.label) ? 1 : 0)),
    seen: Uint8Array.from(rows, row => (row.audited ? 1 : 0)),
    propensity: Float64Array.from(rows, row => row.propensity),
  })
  if (!estimate.ok)
    return {
      value: null,
      lower: null,
      upper: null,
      level: 0.95,
      n: rows.length,
      audited: estimate.have,
      why: estimate.detail,
    }
  return {
    value: estimate.value,
    lower: Math.max(0, estimate.lower),
    upper: Math.min(1, estimate.upper),
    level: estimate.level,
    n: estimate.n,
    audited: estimate.seen,
    why: null,
  }
}

const mostCases = 100_000

/**
 * Cases after which a wrong share of twice the budget trips this wire, from its present state on, if the wrong ones come at even
 * distances: about the median of chance. null: more than 100,000, or it has tripped.
 */
export function casesToCatchDoubling(wire: RestartingTripwire): number | null {
  if (wire.tripped) return null
  const rate = Math.min(1, 2 * wire.epsilon)
  let now = wire
  for (let fed = 1; fed <= mostCases; fed++) {
    const isWrongOne = Math.floor(fed * rate + 1e-9) > Math.floor((fed - 1) * rate + 1e-9)
    now = feedRestartingTripwire(now, isWrongOne ? 1 : 0)
    if (now.tripped) return fed
  }
  return null
}
