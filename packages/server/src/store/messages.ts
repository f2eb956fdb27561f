import type { JsonObject } from '@surety/contract'
import { lineColumns, table } from './table.ts'

export interface MessageRow {
  readonly tenant: string
  readonly eventId: string
  readonly pod: string
  readonly caseId: string
  readonly role: string
  readonly text: string
  /** Json, as text. */
  readonly pii: string | null
  readonly channel: string | null
  readonly ts: Date
  readonly recordedAt: Date
  readonly search: string | null
}

const column = lineColumns<MessageRow>()

export const messages = table('messages', {
  tenant: column.text('tenant_id', row => row.tenant),
  eventId: column.text('event_id', row => row.eventId),
  pod: column.text('pod', row => row.pod),
  caseId: column.text('case_id', row => row.caseId),
  role: column.text('role', row => row.role),
  text: column.text('text', row => row.text),
  pii: column.json<JsonObject | null>('pii', row => row.pii),
  channel: column.text('channel', row => row.channel),
  ts: column.time('ts', row => row.ts),
  recordedAt: column.time('recorded_at', row => row.recordedAt),
  search: column.tsvector('search', row => row.search),
})
