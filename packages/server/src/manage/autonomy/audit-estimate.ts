import type { Action, ActionOverview } from '@surety/contract'
import {
  armRestartingTripwire,
  feedRestartingTripwire,
  type RestartingTripwire,
  selectiveEstimate,
} from '@surety/stats'
import type { ActionPlace } from '../../store/action-states.ts'
import { readActed } from '../../store/calibration-rows.ts'
import type { Reader } from '../../store/db.ts'
import { isWrong } from './is-wrong.ts'

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
 * Audits after which a wrong share of twice the budget trips the wire when it has watched a thousand good ones (seven tenths of
 * the budget wrong), if the wrong ones come at even distances: about the median of chance. A fresh wire needs fewer. null: more
 * than 100,000.
 */
export function auditsToCatchDoubling(wire: RestartingTripwire): number | null {
  const key = `${wire.epsilon}/${wire.delta}/${wire.span}`
  let known = remembered.get(key)
  if (known === undefined) {
    known = walkDoubled(wire)
    if (remembered.size > 1000) remembered.clear()
    remembered.set(key, known)
  }
  return known
}

const goodAudits = 1000

function walkDoubled({ epsilon, delta, span }: RestartingTripwire): number | null {
  const armed = armRestartingTripwire({ epsilon, delta }, span)
  if (!armed.ok) throw new Error(`a wire has a budget that cannot arm one: ${armed.detail}`)
  let wire = armed
  const feed = (place: number, rate: number) => {
    const isWrongOne = Math.floor(place * rate + 1e-9) > Math.floor((place - 1) * rate + 1e-9)
    wire = feedRestartingTripwire(wire, isWrongOne ? 1 : 0)
  }
  for (let audit = 1; audit <= Math.min(goodAudits, span - 1); audit++) feed(audit, 0.7 * epsilon)
  for (let audit = 1; audit <= mostAudits; audit++) {
    feed(audit, Math.min(1, 2 * epsilon))
    if (wire.tripped) return audit
  }
  return null
}
