import type { Contact, Decision, JsonObject, LeadDetail, LeadItem, MessageView } from '@surety/contract'
import { intervalView, reasonSentences } from '@surety/contract'
import type { CaseHead } from '../../store/case-heads.ts'
import type { Opening } from '../../store/events.ts'
import type { Said } from '../../store/messages.ts'
import type { ToldOutcome } from '../../store/outcomes.ts'
import { maskEmail, maskName, maskPhone } from './mask.ts'

export interface LeadParts {
  readonly tenant: string
  readonly head: CaseHead
  readonly opening: Opening | undefined
  readonly contact: Contact
  readonly outcome: string | null
  readonly messages: readonly Said[]
}

const lastMessages = 3

export function leadItem({ tenant, head, opening, contact, outcome, messages }: LeadParts): LeadItem {
  const word = (name: string): string => String(head.enrichment[name] ?? 'unknown')
  return {
    id: head.caseId,
    name: contact.name ?? null,
    phone: contact.phone ?? null,
    email: contact.email ?? null,
    details: opening?.details ?? '',
    tenant,
    created_at: head.recordedAt.toISOString(),
    intent: word('intent'),
    sentiment: word('sentiment'),
    urgency: word('urgency'),
    score: Number(head.enrichment['score'] ?? 0),
    pred_prob: shown(head.probability),
    outcome,
    last_messages: thread(messages, opening, lastMessages),
  }
}

/** Clocks of two processes or of a sender may differ by so much: what seems a little older than the lead answers it all the same. */
const clockSkewMs = 5 * 60_000

/**
 * The conversation, newest first. What the lead wrote in the beginning has its place by its time: what was written minutes before
 * it stands behind it.
 * @param messages the newest ones, at least `limit` of them where there are so many
 */
export function thread(messages: readonly Said[], opening: Opening | undefined, limit: number): readonly MessageView[] {
  const views = messages.map(message => ({ ...message, ts: message.ts.toISOString() }))
  if (opening === undefined || opening.details === '') return views.slice(0, limit)
  const { details } = opening
  const pii = Object.fromEntries(Object.entries(opening.pii).filter(([token]) => details.includes(token)))
  const first: MessageView = { ts: opening.occurredAt.toISOString(), role: 'user', text: details, pii }
  const since = opening.occurredAt.getTime() - clockSkewMs
  const place = messages.filter(({ ts }) => ts.getTime() >= since).length
  return views.toSpliced(place, 0, first).slice(0, limit)
}

export const outcomeView = (told: ToldOutcome): LeadDetail['outcomes'][number] => ({
  outcome: told.outcome,
  label: told.label,
  source: told.source,
  notes: told.notes,
  time_to_conversion: told.timeToConversion,
  occurred_at: told.occurredAt.toISOString(),
  recorded_at: told.recordedAt.toISOString(),
})

export function maskContact(contact: Contact): Contact {
  return {
    ...(contact.name === undefined ? {} : { name: maskName(contact.name) }),
    ...(contact.phone === undefined ? {} : { phone: maskPhone(contact.phone) }),
    ...(contact.email === undefined ? {} : { email: maskEmail(contact.email) }),
  }
}

/** What became of a case since it was decided. */
export interface Since {
  /** null: it stands where its decision left it. */
  readonly moved: Pick<Decision, 'state' | 'reason'> | null
  readonly followups: readonly JsonObject[]
}

export function decisionView(
  decision: Decision,
  featureNames: readonly string[],
  { moved, followups }: Since,
): LeadDetail['decision'] {
  const { interval, score } = decision
  const features: JsonObject = Object.fromEntries(
    decision.features.map((value, index) => [featureNames[index] ?? `feature ${index + 1}`, value]),
  )
  return {
    id: decision.id,
    opinion: 'shown',
    state: (moved ?? decision).state,
    reason: (moved ?? decision).reason,
    reason_text: reasonSentences[(moved ?? decision).reason],
    threshold: decision.threshold,
    interval: intervalView(interval, score.probability),
    mode: decision.mode === 'acting' ? decision.gate : decision.mode === 'stopped' ? 'off' : decision.mode,
    certified: decision.certificate !== null,
    followups,
    action: decision.action,
    automatic: decision.automatic,
    propensity: decision.propensity,
    recorded_at: decision.recordedAt.toISOString(),
    schema_hash: decision.schemaHash,
    features,
    model_version: score.modelVersion,
    model_digest: score.modelDigest,
    notes: score.notes,
  }
}

/**
 * The same for every case that a person is to judge unseen, whatever was decided about it: nothing that remains differs
 * between a blind audit and another one.
 */
export function withheldView(view: LeadDetail['decision']): LeadDetail['decision'] {
  return {
    ...view,
    opinion: 'withheld',
    state: 'withheld',
    reason: 'withheld',
    reason_text: 'Withheld until somebody has answered.',
    threshold: null,
    interval: null,
    mode: 'withheld',
    certified: null,
    followups: [],
    action: 'withheld',
    automatic: null,
    propensity: null,
    model_version: null,
    model_digest: null,
    notes: [],
  }
}

/** Three decimals on the wire, never inside. */
const shown = (probability: number | null): number | null =>
  probability === null ? null : Math.round(probability * 1000) / 1000
