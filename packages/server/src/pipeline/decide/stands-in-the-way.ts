import type { Note } from '@surety/contract'
import type { ActionState, Bound } from '../item.ts'
import { measuredBy, missedConditions } from './missed-conditions.ts'

/**
 * Everything that keeps one action from being done by itself, the first being the reason that is shown. Empty: nothing.
 * Conditions other than the certificate come first where an action has any, so that the answer names what would flip it.
 * @param said by the version that is acted on
 * @param floor the operator's threshold on the probability
 */
export function standsInTheWay(
  state: ActionState,
  said: Pick<Bound, 'score' | 'interval'>,
  floor: number,
  atMs: number,
): readonly Note[] {
  const { action, certificate, suspended } = state
  const notes: Note[] = suspended ? [{ code: 'suspended_by_tripwire' }] : []
  notes.push(...missedConditions(action, said, floor))
  if (certificate === null || certificate.expiresAt <= atMs) return [...notes, uncertified(state)]
  // A cut of a record is one of the score, whatever the conditions measure.
  const held = certificate.cut === null ? measuredBy(action, said) : said.score.probability
  if (held !== null && !covers(state, held))
    notes.push({ code: 'uncertain', value: held, limit: certificate.threshold })
  return notes
}

/** With the shortfall, so that the answer says how far away a certificate is. */
const uncertified = ({ shortfall, waits }: ActionState): Note =>
  waits === true
    ? { code: 'not_accepted' }
    : shortfall == null
      ? { code: 'not_certified' }
      : { code: 'not_certified', value: shortfall.have, limit: shortfall.need }

/** Does the certificate reach this score? */
export function covers({ action, certificate }: ActionState, score: number): boolean {
  if (certificate === null) return false
  if (action.side === 'act') return score >= certificate.threshold
  return score <= certificate.threshold && (certificate.below === null || score < certificate.below)
}
