import { type Action, type EventKind, type JsonObject, pod, type QuestionSpec } from '@surety/contract'
import Type from 'typebox'

/** A pod of two questions, apart and together on one kind, and a kind that asks nothing: what both pods of the house lack. */

const action = (name: string, side: Action['side']): Action => ({
  name,
  side,
  alpha: 0.1,
  delta: 0.05,
  missBudget: side === 'clear' ? 0.2 : null,
  reversible: true,
  costOfWrong: 5,
  costOfReview: 1,
  capPerHour: null,
  auditRate: 0.02,
  certified: { state: 'acted', reason: side === 'act' ? 'above_threshold_certified' : 'certified_no' },
  byRule: { state: 'acted', reason: 'threshold_mode' },
})

const asks = (name: string, sentence: string, on: string[], actions: QuestionSpec['actions']): QuestionSpec => ({
  name,
  asks: sentence,
  on,
  modelScope: 'tenant',
  baseFeatures: [{ name: `${name}.days`, kind: 'numeric', meaning: 'Days ahead.' }],
  featureSpecs: () => [{ name: `${name}.days`, kind: 'numeric', meaning: 'Days ahead.' }],
  features: ({ event }) => [typeof event.payload['days'] === 'number' ? event.payload['days'] : null],
  outcomes: { words: { yes: 1, no: 0 }, positive: 'yes', negative: 'no' },
  actions,
  threshold: 0.5,
  defaultMode: 'acting',
  endings: { dryRun: { state: 'logged', reason: 'dry_run' }, stopped: { state: 'logged', reason: 'stopped' } },
  urgency: () => 'medium',
  slaMinutes: { high: 15, medium: 60, low: 240 },
  maturityDays: 30,
  steps: name =>
    name === 'remind'
      ? [
          { step: 'call', channel: 'phone', text: 'Your visit is near.', afterMs: 0 },
          { step: 'write', channel: 'letter', text: 'Your visit is tomorrow.', afterMs: 3_600_000 },
        ]
      : [],
})

const read = (data: unknown): JsonObject => (typeof data === 'object' && data !== null ? { ...data } : {}) as JsonObject
const kind: EventKind = {
  schema: Type.Object({ days: Type.Optional(Type.Number()) }),
  read: data => ({ ok: true, event: { payload: read(data), ignored: [] } }),
}
const ended: EventKind = {
  schema: Type.Object({ id: Type.String(), word: Type.Enum(['yes', 'no']), of: Type.Optional(Type.String()) }),
  belongs: 'outcome',
  read(data) {
    const { id, word, of } = read(data)
    const label = word === 'yes' ? 1 : 0
    const outcome = {
      outcome: String(word),
      label,
      source: 'reported',
      ...(typeof of === 'string' && { question: of }),
    } as const
    return { ok: true, event: { caseId: String(id), payload: {}, outcome, ignored: [] } }
  },
}

export const clinic = pod({
  name: 'clinic',
  kinds: { 'visit.booked': kind, 'claim.filed': kind, 'visit.referred': kind, 'note.kept': kind, 'case.ended': ended },
  questions: [
    asks('shows', 'Will the patient come?', ['visit.booked', 'visit.referred'], {
      act: action('remind', 'act'),
      clear: action('leave', 'clear'),
    }),
    asks('pays', 'Will the insurer pay?', ['claim.filed', 'visit.referred'], {
      act: action('send', 'act'),
      clear: action('hold', 'clear'),
    }),
  ],
  metrics: null,
  enrich: () => ({}),
  newCaseId: (now, random) => `C${String(now.getTime()).padStart(13, '0')}-${random.toString(16).padStart(6, '0')}`,
  hasContacts: false,
  report: (id, word) => ({ kind: 'case.ended', data: { id, word } }),
  history: null,
  defaultSettings: {},
  checkSettings: () => [],
})
