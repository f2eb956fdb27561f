import { mainQuestion, pod, type QuestionSpec } from '@surety/contract'
import { actions } from './actions.ts'
import { checkSettings, columnValues, featureSpecs } from './columns.ts'
import { outcomes, rowOutcome, rowRecorded } from './events.ts'
import { history } from './history.ts'

const answer: QuestionSpec = {
  name: mainQuestion,
  asks: 'Will the answer be yes?',
  on: ['row.recorded'],
  // Two tenants' tables have nothing in common but the word.
  modelScope: 'tenant',
  baseFeatures: [],
  featureSpecs,
  features: ({ event, settings }) => columnValues(event.payload, settings),
  outcomes,
  actions,
  threshold: 0.5,
  defaultMode: 'acting',
  endings: { dryRun: { state: 'logged', reason: 'dry_run' }, stopped: { state: 'logged', reason: 'stopped' } },
  urgency: () => 'medium',
  slaMinutes: { high: 60, medium: 1440, low: 4320 },
  // Of a table nobody knows whether its silence says anything, until somebody sets the days.
  silence: { days: 0, word: outcomes.negative, label: 0 },
  maturityDays: 30,
  steps: () => [],
}

/** Any table: rows ask whether the answer will be yes, and nothing has to be programmed. */
/** Rows of more than a week ago are history: models learn from them, and nothing is done by itself about them. */
const lateAfterMs = 7 * 86_400_000

export const table = pod({
  name: 'table',
  lateAfterMs,
  kinds: { 'row.recorded': rowRecorded, 'row.outcome': rowOutcome },
  questions: [answer],
  metrics: null,
  enrich: () => ({}),
  newCaseId,
  hasContacts: false,
  // A word of the table is its label; it keeps no notes.
  report: (row_id, outcome) => ({
    kind: 'row.outcome',
    data: { row_id, label: Object.entries(outcomes.words).find(([word]) => word === outcome)?.[1] ?? null, outcome },
  }),
  history,
  defaultSettings: { columns: [], known_later: [] },
  checkSettings,
})

/** `R`, the moment in 13 digits of milliseconds, `-`, and the 24 random bits in 6 hexadecimal digits. */
function newCaseId(now: Date, random: number): string {
  return `R${String(now.getTime()).padStart(13, '0')}-${(random & 0xffffff).toString(16).padStart(6, '0')}`
}
