import type { Decision, Reason } from '@surety/contract'
import type { Condition, Lack } from './conditions.ts'

export interface FlipFacts {
  readonly decision: Decision
  readonly conditions: readonly Condition[]
  readonly lack: Lack | null
  /** `act`: done where the answer is probably yes; `clear`: where it is probably no. */
  readonly side: 'act' | 'clear'
}

/** What would have made the machine deal with this case by itself: one plain fact for every condition that failed. */
export function wouldFlip(facts: FlipFacts): readonly string[] {
  return facts.conditions.flatMap(condition => {
    const fact = factOf(condition, facts)
    return fact === null ? [] : [fact]
  })
}

/** `.74`: a share as people read it, with more decimals only where two would hide a difference. */
export function share(value: number, other: number = value): string {
  let digits = 2
  while (value !== other && digits < 12 && value.toFixed(digits) === other.toFixed(digits)) digits++
  return value.toFixed(digits).replace(/^0\./, '.')
}

function factOf(condition: Condition, { decision, lack, side }: FlipFacts): string | null {
  const { action } = decision
  const simple = simpleFacts[condition.code]
  if (simple !== undefined) return simple(action)
  if (condition.code === 'not_certified') return certificateFact(action, side, lack)
  if (condition.code === 'blind_audit')
    return `Another draw: ${share(decision.propensity)} of what would be done by itself is drawn for a person.`
  return measuredFact(condition, side)
}

function measuredFact({ code, value, limit, features }: Condition, side: FlipFacts['side']): string | null {
  if (code === 'missing_feature') return `A value for ${listed(features)}.`
  if (code === 'unseen_category') return `A model that has seen the level of ${listed(features)} in training.`
  if (value === null || limit === null) return null
  const [is, needed] = [share(value, limit), share(limit, value)]
  if (code === 'uncertain') return `A probability of ${needed} or ${side === 'act' ? 'more' : 'less'} instead of ${is}.`
  if (code === 'above_ask_line')
    return `A probability ${value < limit ? `of ${needed} or more` : `below ${needed}`} instead of ${is}.`
  if (code === 'interval_wide') return `An interval narrower than ${needed} instead of ${is}.`
  if (code === 'interval_crosses_threshold') return `A lower bound of ${needed} or more instead of ${is}.`
  return null
}

const listed = (features: readonly string[] | undefined): string => features?.join(', ') ?? 'the features of the model'

function certificateFact(action: string, side: FlipFacts['side'], lack: Lack | null): string {
  const start = `A certificate for ${action}`
  if (lack === null) return `${start}: what it lacks has not been looked at for this model yet.`
  const { code, have, need, from, sentence } = lack
  if (code !== 'too_few_labels') return `${start}. ${sentence}`
  const where = from === null ? '' : ` with p ${side === 'act' ? '>=' : '<='} ${share(from)}`
  return `${start}: ${need - have} more outcomes${where} are needed.`
}

const mode = (action: string): string => `The mode of ${action} set to acting.`

const simpleFacts: { readonly [code in Reason]?: (action: string) => string } = {
  not_accepted: action => `An admin who accepts the first certificate of ${action}.`,
  mode_asking: mode,
  dry_run: mode,
  stopped: mode,
  followups_off: mode,
  suspended_by_tripwire: action =>
    `${action} armed again by an admin, with a certificate on outcomes after the suspension.`,
  no_interval: () => 'A calibrator for this model: enough of its scores with a known outcome.',
  stale_calibrator: () => 'A calibrator that was refreshed within the last 30 days.',
  capped: action => `A free place under the hourly cap of ${action}.`,
  no_model: () => 'An active model.',
  enrichment_off: () => 'Text enrichment switched on.',
  no_score: () => 'A score.',
  error: () => 'A scorer that does not fail on this case.',
}
