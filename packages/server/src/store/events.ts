import type { Json, JsonObject } from '@surety/contract'
import { type CaseHead, earliest, latest } from './case-heads.ts'
import type { Reader } from './db.ts'
import { type LineColumns, lineColumns, type RowOf, type Table, table } from './table.ts'

export interface EventRow {
  readonly tenant: string
  readonly eventId: string
  readonly pod: string
  readonly kind: string
  readonly caseId: string | null
  readonly occurredAt: Date
  readonly recordedAt: Date
  /** Json, as text. */
  readonly payload: string
  readonly pii: string | null
  readonly sealed: Buffer | null
  readonly search: string | null
  /** Of a stateful event: by id the versions of the groups that it held, as it left them; json, as text. */
  readonly versions?: string
  /** The last change of reference data that it was judged with; left out: it read none. */
  readonly referenceChange?: number
}

const column = lineColumns<EventRow>()

const plainEvents = table('events', {
  tenant: column.text('tenant_id', row => row.tenant),
  eventId: column.text('event_id', row => row.eventId),
  pod: column.text('pod', row => row.pod),
  kind: column.text('kind', row => row.kind),
  caseId: column.text('case_id', row => row.caseId),
  occurredAt: column.time('occurred_at', row => row.occurredAt),
  recordedAt: column.time('recorded_at', row => row.recordedAt),
  payload: column.json<JsonObject>('payload', row => row.payload),
  pii: column.json<{ readonly [token: string]: string } | null>('pii', row => row.pii),
  sealed: column.bytes('sealed', row => row.sealed),
  search: column.tsvector('search', row => row.search),
})

/** What arrived, redacted; outcomes and messages have tables of their own. */
export const events = table('events', {
  ...plainEvents.of,
  versions: column.jsonb<{ readonly [group: string]: number } | null>('versions', row => row.versions ?? null),
  referenceChange: column.int8('reference_change', row => row.referenceChange ?? null),
})

/** What is to be written of these events: an array of nothing but defaults would cost each batch. */
export const eventsToWrite = (rows: readonly EventRow[]): Table<LineColumns<EventRow>> =>
  rows.every(row => row.versions === undefined) ? plainEvents : events

const opening = events.pick('caseId', 'occurredAt', 'sealed')

/** What arrived as a case was opened. `sealed` is null once it is erased. */
export interface Opening extends Omit<RowOf<typeof opening>, 'caseId'> {
  readonly details: string
  readonly pii: { readonly [token: string]: string }
}

/** The opening events of these cases, by case id. */
export async function openingsOf(
  db: Reader,
  tenant: string,
  pod: string,
  heads: readonly Pick<CaseHead, 'caseId' | 'eventId' | 'recordedAt'>[],
): Promise<ReadonlyMap<string, Opening>> {
  if (heads.length === 0) return new Map()
  const times = heads.map(head => head.recordedAt)
  const { rows } = await db.query<
    RowOf<typeof opening> & { caseId: string; details: Json; pii: Opening['pii'] | null }
  >({
    name: 'cases_openings',
    text: `select ${opening.columns('e')}, e.payload -> 'details' as details, e.pii
      from unnest($3::timestamptz[], $4::text[], $5::text[]) as given(recorded_at, case_id, event_id)
      join events e on e.tenant_id = $1 and e.pod = $2 and e.recorded_at = given.recorded_at
        and e.case_id = given.case_id and e.event_id = given.event_id
      where e.recorded_at between $6 and $7`,
    values: [
      tenant,
      pod,
      times,
      heads.map(head => head.caseId),
      heads.map(head => head.eventId),
      earliest(times),
      latest(times),
    ],
  })
  return new Map(
    rows.map(({ caseId, details, pii, ...row }) => [
      caseId,
      { ...row, details: typeof details === 'string' ? details : '', pii: pii ?? {} },
    ]),
  )
}
