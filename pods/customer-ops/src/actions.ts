import type { ActFacts, ActStep, JsonObject, Sides, Urgency } from '@surety/contract'

/** A message that went out cannot be called back; a lead that was left alone can still be written to. */
export const actions = {
  act: {
    name: 'start_followup',
    side: 'act',
    alpha: 0.3,
    delta: 0.05,
    missBudget: null,
    reversible: false,
    costOfWrong: 1,
    costOfReview: 2,
    capPerHour: 200,
    auditRate: 0.02,
    certified: { state: 'acted', reason: 'above_threshold_certified' },
    byRule: { state: 'acted', reason: 'threshold_mode' },
  },
  clear: {
    name: 'skip_followup',
    side: 'clear',
    alpha: 0.05,
    delta: 0.05,
    missBudget: 0.2,
    reversible: true,
    costOfWrong: 20,
    costOfReview: 2,
    capPerHour: null,
    auditRate: 0.02,
    certified: { state: 'suppressed', reason: 'certified_no' },
    byRule: { state: 'suppressed', reason: 'below_threshold' },
  },
} satisfies Sides

/** Probability of a booking from which the plain rule writes to a lead. */
export const threshold = 0.7

/** What is not put off: an urgent lead is answered and audited afterwards. */
export function urgency(enrichment: JsonObject): Urgency {
  const word = enrichment['urgency']
  return word === 'high' || word === 'low' ? word : 'medium'
}

/** Schedules, channels and templates come later: until then a follow-up is one neutral line, kept and not sent. */
export function steps(action: string, { enrichment }: ActFacts): readonly ActStep[] {
  if (action !== actions.act.name) return []
  const intent = typeof enrichment['intent'] === 'string' ? enrichment['intent'] : 'unknown'
  const text = `Follow-up to a ${intent} enquiry: thank you for writing to us.`
  return [{ step: 'first', channel: 'outbox', text, afterMs: 0 }]
}
