import {
  type EnrichContext,
  type JsonObject,
  mainQuestion,
  type PodSettings,
  pod,
  type QuestionSpec,
  type ReadEvent,
} from '@surety/contract'
import { actions, steps, threshold, urgency } from './actions.ts'
import { checkAttributes } from './attributes.ts'
import { newCaseId } from './case-id.ts'
import { enrichmentOff, enrichText } from './enrich/enrich-text.ts'
import { leadCreated } from './events/lead-created.ts'
import { leadOutcome } from './events/lead-outcome.ts'
import { messageReceived } from './events/message-received.ts'
import { baseFeatures, featureSpecs, features } from './features.ts'
import { history } from './history.ts'
import { metrics } from './metrics.ts'
import { outcomes } from './outcomes.ts'
import { isTimeZone } from './time-zone.ts'

/** Will this person book, and should we write to them now? */
const booking: QuestionSpec = {
  name: mainQuestion,
  asks: 'Will this lead book?',
  on: ['lead.created'],
  modelScope: 'all',
  segmentFeatures: ['intent'],
  baseFeatures,
  featureSpecs,
  features,
  outcomes,
  actions,
  threshold,
  defaultMode: 'acting',
  endings: {
    dryRun: { state: 'suppressed', reason: 'dry_run' },
    stopped: { state: 'suppressed', reason: 'followups_off' },
  },
  urgency,
  slaMinutes: { high: 15, medium: 240, low: 1440 },
  silence: { days: 30, word: 'ghosted', label: 0 },
  maturityDays: 30,
  maturityFloorDays: 7,
  steps,
}

/** Of older ones it is settled already what becomes of them: they are history, and nobody expects a message any more. */
const lateAfterMs = 7 * 86_400_000

export const customerOps = pod({
  name: 'customer-ops',
  lateAfterMs,
  kinds: { 'lead.created': leadCreated, 'message.received': messageReceived, 'lead.outcome': leadOutcome },
  questions: [booking],
  metrics,
  enrich,
  newCaseId,
  hasContacts: true,
  report: (lead_id, outcome, notes) => ({
    kind: 'lead.outcome',
    data: notes === null ? { lead_id, outcome } : { lead_id, outcome, notes },
  }),
  history,
  defaultSettings: { time_zone: 'UTC', attributes: [] },
  checkSettings,
})

// Only the details are read: a name says nothing about what somebody wants.
function enrich(event: ReadEvent, { enrichment }: EnrichContext): JsonObject {
  return { ...(enrichment ? enrichText(event.text ?? '') : enrichmentOff) }
}

function checkSettings(settings: PodSettings): readonly string[] {
  const zone = settings['time_zone']
  const faults = [...checkAttributes(settings['attributes'])]
  if (zone !== undefined && !(typeof zone === 'string' && isTimeZone(zone))) {
    faults.push('time_zone must be an IANA name such as Europe/Berlin.')
  }
  return faults
}
