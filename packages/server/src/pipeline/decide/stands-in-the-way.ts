import { isNarrow, type Note } from '@surety/contract'
import type { ActionState, Bounded } from '../item.ts'

/** Ratios are compared with cuts after rounding to six decimals. */
const six = (value: number): number => Math.round(value * 1e6) / 1e6

/**
 * Everything that keeps one action from being done by itself, the first being the reason that is shown. Empty: nothing.
 * Conditions other than the certificate come first where an action has any, so that the answer names what would flip it.
 * @param floor the operator's threshold on the probability
 */
export function standsInTheWay(state: ActionState, item: Bounded, floor: number, atMs: number): readonly Note[] {
  const { action, certificate, suspended } = state
  const { interval, score } = item
  const { on, narrow } = action.conditions ?? { on: 'probability', narrow: false }
  const notes: Note[] = []
  if (suspended) notes.push({ code: 'suspended_by_tripwire' })
  const measured = on === 'probability' ? score.probability : interval.lower
  if (measured === null || (narrow && interval.lower === null)) notes.push({ code: 'no_interval' })
  else {
    const width = interval.upper === null || interval.lower === null ? 0 : interval.upper - interval.lower
    if (narrow && isNarrow(interval) === false)
      notes.push({ code: 'interval_wide', value: six(width), limit: narrowLimit })
    if (on === 'lower_bound' && six(measured) < floor)
      notes.push({ code: 'interval_crosses_threshold', value: measured, limit: floor })
  }
  if (certificate === null || certificate.expiresAt <= atMs) notes.push(uncertified(state))
  else if (measured !== null && !covers(state, measured))
    notes.push({ code: 'uncertain', value: measured, limit: certificate.threshold })
  return notes
}

/** With the shortfall, so that the answer says how far away a certificate is. */
const uncertified = ({ shortfall, waits }: ActionState): Note =>
  waits === true
    ? { code: 'not_accepted' }
    : shortfall == null
      ? { code: 'not_certified' }
      : { code: 'not_certified', value: shortfall.have, limit: shortfall.need }

const narrowLimit = 0.2

/** Does the certificate reach this score? */
export function covers({ action, certificate }: ActionState, score: number): boolean {
  if (certificate === null) return false
  if (action.side === 'act') return score >= certificate.threshold
  return score <= certificate.threshold && (certificate.below === null || score < certificate.below)
}
