import type { Action, ActionOverview } from '@surety/contract'
import { observeTripwire, selectiveEstimate, type Tripwire } from '@surety/stats'
import type { ActionPlace } from '../../store/action-states.ts'
import { readActed } from '../../store/calibration-rows.ts'
import type { Reader } from '../../store/db.ts'
import { isWrong } from './certify.ts'

/**
 * The share of wrong ones among what the machine did or would have done, from blind audits alone, each weighted by the
 * chance it had of being drawn. Over the mature labelled cases of 90 days, of any model.
 */
export async function auditEstimate(
  db: Reader,
  place: ActionPlace,
  action: Action,
  from: Date,
  until: Date,
): Promise<ActionOverview['audit_estimate']> {
  const rows = await readActed(db, place, from, until)
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

const mostAudits = 100_000
const remembered = new Map<string, number | null>()

/**
 * Audits after which a wrong share of twice the budget trips the wire, if the wrong ones come at even distances: about the
 * median of chance. null: more than 100,000.
 */
export function auditsToCatchDoubling(wire: Tripwire): number | null {
  const key = `${wire.epsilon}/${wire.delta}/${wire.bets.join()}`
  let known = remembered.get(key)
  if (known === undefined) {
    known = walkDoubled(wire)
    if (remembered.size > 1000) remembered.clear()
    remembered.set(key, known)
  }
  return known
}

function walkDoubled(wire: Tripwire): number | null {
  const rate = Math.min(1, 2 * wire.epsilon)
  let fresh: Tripwire = { ...wire, logs: wire.bets.map(() => 0), logEvidence: 0, audited: 0, wrong: 0, tripped: false }
  for (let audits = 1; audits <= mostAudits; audits++) {
    const isWrongOne = Math.floor(audits * rate + 1e-9) > Math.floor((audits - 1) * rate + 1e-9)
    fresh = observeTripwire(fresh, isWrongOne ? 1 : 0)
    if (fresh.tripped) return audits
  }
  return null
}
