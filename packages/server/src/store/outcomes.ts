import { lineColumns, table } from './table.ts'

export interface OutcomeRow {
  readonly tenant: string
  readonly eventId: string
  readonly pod: string
  readonly caseId: string
  readonly outcome: string
  readonly label: 0 | 1 | null
  readonly source: string
  readonly quality: string
  readonly notes: string | null
  readonly timeToConversion: number | null
  readonly occurredAt: Date
  readonly recordedAt: Date
}

const column = lineColumns<OutcomeRow>()

export const outcomes = table('outcomes', {
  tenant: column.text('tenant_id', row => row.tenant),
  eventId: column.text('event_id', row => row.eventId),
  pod: column.text('pod', row => row.pod),
  caseId: column.text('case_id', row => row.caseId),
  outcome: column.text('outcome', row => row.outcome),
  label: column.int2('label', row => row.label),
  source: column.text('source', row => row.source),
  quality: column.text('quality', row => row.quality),
  notes: column.text('notes', row => row.notes),
  timeToConversion: column.float8('time_to_conversion', row => row.timeToConversion),
  occurredAt: column.time('occurred_at', row => row.occurredAt),
  recordedAt: column.time('recorded_at', row => row.recordedAt),
  // The order in which they were told: the rest of a batch has one time in common.
  seq: column.int2('seq', (_row, place) => place),
})
