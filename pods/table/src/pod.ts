import type { Pod } from '@surety/contract'
import { actions } from './actions.ts'
import { checkSettings, columnValues, featureSpecs } from './columns.ts'
import { outcomes, rowOutcome, rowRecorded } from './events.ts'
import { history } from './history.ts'

/** Any table: rows ask whether the answer will be yes, and nothing has to be programmed. */
export const table: Pod = {
  name: 'table',
  kinds: { 'row.recorded': rowRecorded, 'row.outcome': rowOutcome },
  // Two tenants' tables have nothing in common but the word.
  modelScope: 'tenant',
  baseFeatures: [],
  featureSpecs,
  metrics: null,
  enrich: () => ({}),
  features: ({ event, settings }) => columnValues(event.payload, settings),
  newCaseId,
  hasContacts: false,
  outcomes,
  // A word of the table is its label; it keeps no notes.
  report: (row_id, outcome) => ({
    kind: 'row.outcome',
    data: { row_id, label: Object.entries(outcomes.words).find(([word]) => word === outcome)?.[1] ?? null, outcome },
  }),
  history,
  actions,
  defaultMode: 'acting',
  endings: { dryRun: { state: 'logged', reason: 'dry_run' }, stopped: { state: 'logged', reason: 'stopped' } },
  urgency: () => 'medium',
  slaMinutes: { high: 60, medium: 1440, low: 4320 },
  maturityDays: 30,
  message: () => null,
  threshold: 0.5,
  defaultSettings: { columns: [], known_later: [] },
  checkSettings,
}

/** `R`, the moment in 13 digits of milliseconds, `-`, and the 24 random bits in 6 hexadecimal digits. */
function newCaseId(now: Date, random: number): string {
  return `R${String(now.getTime()).padStart(13, '0')}-${(random & 0xffffff).toString(16).padStart(6, '0')}`
}
