import type { OutcomeRow } from './outcomes.ts'
import { type Columns, lineColumns, names, type Table, table, unnested } from './table.ts'

/** A message of a customer: where silence had settled its case, the case is open again from it on. */
export interface ReactivationRow {
  readonly tenant: string
  /** Of the message. */
  readonly eventId: string
  readonly pod: string
  readonly caseId: string
  readonly occurredAt: Date
  readonly recordedAt: Date
  /** How often its batch touches the case. */
  readonly times: number
}

const column = lineColumns<ReactivationRow>()

export const reactivations = table('reactivations', {
  tenant: column.text('tenant_id', row => row.tenant),
  eventId: column.text('event_id', row => row.eventId),
  pod: column.text('pod', row => row.pod),
  caseId: column.text('case_id', row => row.caseId),
  occurredAt: column.time('occurred_at', row => row.occurredAt),
  recordedAt: column.time('recorded_at', row => row.recordedAt),
  times: column.int8('times', row => row.times),
  place: column.int2('place', (_row, place) => place),
})

const said = { outcome: 'reactivated', label: null, source: 'reactivated', quality: 'silence' } as const

/** The outcome that the message is, should silence have settled its case: its digest is made before that is known. */
export const reactivated = (message: ReactivationRow): OutcomeRow => ({
  ...message,
  ...said,
  notes: null,
  timeToConversion: null,
})

/**
 * Of each case whose fence the statement has just touched (`touched`) and that silence had settled, the first message. What was
 * settled is read from the row that the touch waited for: outcomes that committed meanwhile the statement would not see.
 */
export const reactivationParts = (from: number): string => `reactivatable as materialized (
  select * from ${unnested(reactivations as Table<Columns>, from)} as given(${names(reactivations)})
), revived as materialized (
  select distinct on (tenant_id, case_id) r.* from reactivatable r join fresh using (tenant_id, event_id)
  where exists (select from touched t where t.tenant_id = r.tenant_id and t.case_id = r.case_id
    and t.silence_token = t.token - r.times)
  order by tenant_id, case_id, r.place
), in_revived as (
  insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, quality, occurred_at, recorded_at)
  select tenant_id, event_id, pod, case_id, '${said.outcome}', null, '${said.source}', '${said.quality}', occurred_at, recorded_at
  from revived
)`

/** Of the key `k`: it is no such message, or it is one. */
export const linksRevived = `(not exists (select from reactivatable r where r.tenant_id = k.tenant_id and r.event_id = k.event_id)
    or exists (select from revived r where r.tenant_id = k.tenant_id and r.event_id = k.event_id))`
