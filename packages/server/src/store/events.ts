import type { JsonObject } from '@surety/contract'
import { lineColumns, table } from './table.ts'

export interface EventRow {
  readonly tenant: string
  readonly eventId: string
  readonly pod: string
  readonly kind: string
  readonly caseId: string
  readonly occurredAt: Date
  readonly recordedAt: Date
  /** Json, as text. */
  readonly payload: string
  readonly pii: string | null
  readonly sealed: Buffer | null
  readonly search: string | null
}

const column = lineColumns<EventRow>()

/** What arrived, redacted; outcomes and messages have tables of their own. */
export const events = table('events', {
  tenant: column.text('tenant_id', row => row.tenant),
  eventId: column.text('event_id', row => row.eventId),
  pod: column.text('pod', row => row.pod),
  kind: column.text('kind', row => row.kind),
  caseId: column.text('case_id', row => row.caseId),
  occurredAt: column.time('occurred_at', row => row.occurredAt),
  recordedAt: column.time('recorded_at', row => row.recordedAt),
  payload: column.json<JsonObject>('payload', row => row.payload),
  pii: column.json<JsonObject | null>('pii', row => row.pii),
  sealed: column.bytes('sealed', row => row.sealed),
  search: column.tsvector('search', row => row.search),
})
