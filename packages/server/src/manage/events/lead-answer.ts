import { type Answered, type Decision, type EventResult, intervalView, reasonSentences } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { rejection } from './rejection.ts'

/** Ids of cases that wait for a person who is to judge them unseen. */
export type Unseen = ReadonlySet<string>
export const noneUnseen: Unseen = new Set()

export type Recorded = Exclude<EventResult, { status: 'rejected' }>

/** Rejected event results are the caller's mistake and become problems. */
export function recorded(eventResult: EventResult): Recorded {
  if (eventResult.status !== 'rejected') return eventResult
  // On these routes a case is a lead, and an unknown one is answered like everywhere else.
  const code = eventResult.code === 'case_not_found' ? 'lead_not_found' : eventResult.code
  throw rejection({ ...eventResult, code })
}

/** Three decimals on the wire, never inside. */
export function shownProbability(probability: number | null): number | null {
  return probability === null ? null : Math.round(probability * 1000) / 1000
}

const withheldText = 'Withheld until somebody has answered.'

/** The same for every decision that a person is to judge unseen, as everywhere where it is shown. */
const withheldDecision = ({ id }: Decision) => ({
  id,
  state: 'withheld',
  reason: 'withheld',
  reason_text: withheldText,
  threshold: null,
  interval: null,
  mode: 'withheld',
  certified: null,
  followups: [],
})

/** Everything that came after acts and thresholds is compared inside; this is only how it is shown. */
export function decisionShown(decision: Decision, withheld = false) {
  if (withheld) return withheldDecision(decision)
  return {
    id: decision.id,
    state: decision.state,
    reason: decision.reason,
    reason_text: reasonSentences[decision.reason],
    threshold: decision.threshold,
    interval: intervalView(decision.interval, decision.score.probability),
    mode: modeShown(decision),
    certified: decision.certificate !== null,
    // What was only just committed waits to be performed.
    followups:
      decision.automatic && decision.state === 'acted'
        ? [{ action: decision.action, automatic: true, state: 'pending' }]
        : [],
  }
}

/** The contract's one word for two settings: the gate while acting, else how far the machine may go. */
function modeShown(decision: Decision): string {
  if (decision.mode === 'acting') return decision.gate
  return decision.mode === 'stopped' ? 'off' : decision.mode
}

/** @throws Error for an event of no case, which no route of leads brings */
export function leadOf({ caseId, kind }: Recorded): string {
  if (caseId === null) throw new Error(`an event of kind ${kind} belongs to no lead`)
  return caseId
}

/** Answer of POST /v1/lead. */
export function leadAnswer(eventResult: Recorded, unseen: Unseen = noneUnseen): Answered<'createLead'> {
  const { decision } = eventResult
  // Ids are remembered for ever, decisions are not.
  if (decision === null && eventResult.status === 'duplicate') throw new Problem('record_expired')
  if (decision === null) throw new Error(`the line recorded ${eventResult.eventId} without a decision`)
  const { enrichment } = decision
  const withheld = unseen.has(decision.caseId)
  return {
    lead_id: leadOf(eventResult),
    created_at: eventResult.recordedAt.toISOString(),
    intent: String(enrichment['intent'] ?? 'unknown'),
    sentiment: String(enrichment['sentiment'] ?? 'unknown'),
    urgency: String(enrichment['urgency'] ?? 'unknown'),
    score: Number(enrichment['score'] ?? 0),
    pred_prob: withheld ? null : shownProbability(decision.score.probability),
    model_version: withheld ? null : decision.score.modelVersion,
    experiments: {},
    decision: decisionShown(decision, withheld),
    ...(typeof eventResult.phoneValid === 'boolean' ? { phone_valid: eventResult.phoneValid } : {}),
    ignored_fields: eventResult.ignored,
    ...(eventResult.status === 'duplicate' ? { duplicate: true } : {}),
  }
}
