import type { Json, JsonObject } from '@surety/contract'
import { clockSlack, type Db } from '../../store/db.ts'
import { type ExactTime, exactly } from '../../store/exact-time.ts'
import type { Place } from './cursor.ts'

/** The SQL that reads cases: one statement per table for a whole page, each bounded in time so that partitions are pruned. */
export interface CaseHead {
  readonly caseId: string
  readonly recordedAt: Date
  /** The same moment, for the place in a list. */
  readonly exactly: ExactTime
  readonly eventId: string
  readonly enrichment: JsonObject
  readonly probability: number | null
}

interface HeadColumns {
  case_id: string
  event_id: string
  recorded_at: Date
  place: ExactTime
  enrichment: JsonObject
  probability: number | null
}

const fromHead = (row: HeadColumns): CaseHead => ({
  caseId: row.case_id,
  eventId: row.event_id,
  recordedAt: row.recorded_at,
  exactly: row.place,
  enrichment: row.enrichment,
  probability: row.probability,
})

export async function pageOfCases(
  db: Db,
  tenant: string,
  pod: string,
  limit: number,
  after: Place | null,
): Promise<readonly CaseHead[]> {
  const beyond =
    after === null ? '' : 'and recorded_at <= $4::timestamptz and (recorded_at, case_id) < ($4::timestamptz, $5::text)'
  const { rows } = await db.query<HeadColumns>({
    name: after === null ? 'cases_first_page' : 'cases_next_page',
    text: `select case_id, event_id, recorded_at, ${exactly('recorded_at')} as place, enrichment, probability from decisions
      where tenant_id = $1 and pod = $2 ${beyond} order by recorded_at desc, case_id desc limit $3`,
    values: [tenant, pod, limit, ...(after === null ? [] : [after.recordedAt, after.caseId])],
  })
  return rows.map(fromHead)
}

/** Where the opening events of these cases lie; cases of other tenants and of other pods are left out. */
export async function headsOf(
  db: Db,
  tenant: string,
  pod: string,
  caseIds: readonly string[],
): Promise<readonly CaseHead[]> {
  const keys = await db.query<{ case_id: string; recorded_at: Date }>({
    name: 'cases_keys',
    // A look-up for each (`offset 0` keeps it one): all at once, a plan for all values read every key of the tenant.
    text: `select opening.* from unnest($2::text[]) as given(case_id) cross join lateral (
        select k.case_id, k.recorded_at from event_keys k
        where k.tenant_id = $1 and k.case_id = given.case_id and k.decision_id is not null offset 0
      ) opening`,
    values: [tenant, caseIds],
  })
  if (keys.rows.length === 0) return []
  const times = keys.rows.map(row => row.recorded_at)
  const { rows } = await db.query<HeadColumns>({
    name: 'cases_heads',
    text: `select d.case_id, d.event_id, d.recorded_at, ${exactly('d.recorded_at')} as place, d.enrichment, d.probability
      from unnest($3::timestamptz[], $4::text[]) as given(recorded_at, case_id)
      join decisions d on d.tenant_id = $1 and d.pod = $2 and d.recorded_at = given.recorded_at and d.case_id = given.case_id
      where d.recorded_at between $5 and $6`,
    values: [tenant, pod, times, keys.rows.map(row => row.case_id), earliest(times), latest(times)],
  })
  return rows.map(fromHead)
}

export interface Opening {
  readonly details: string
  readonly pii: { readonly [token: string]: string }
  readonly occurredAt: Date
  /** null: erased. */
  readonly sealed: Buffer | null
}

/** The opening events of these cases, by case id. */
export async function openingsOf(
  db: Db,
  tenant: string,
  pod: string,
  heads: readonly CaseHead[],
): Promise<ReadonlyMap<string, Opening>> {
  if (heads.length === 0) return new Map()
  const times = heads.map(head => head.recordedAt)
  const { rows } = await db.query<{
    case_id: string
    occurred_at: Date
    details: Json
    pii: { [token: string]: string } | null
    sealed: Buffer | null
  }>({
    name: 'cases_openings',
    text: `select e.case_id, e.occurred_at, e.payload -> 'details' as details, e.pii, e.sealed
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
    rows.map(row => [
      row.case_id,
      {
        details: typeof row.details === 'string' ? row.details : '',
        pii: row.pii ?? {},
        occurredAt: row.occurred_at,
        sealed: row.sealed,
      },
    ]),
  )
}

/** The word that counts now for each of these cases. */
export async function latestOutcomes(
  db: Db,
  tenant: string,
  pod: string,
  heads: readonly CaseHead[],
): Promise<ReadonlyMap<string, string>> {
  if (heads.length === 0) return new Map()
  const { rows } = await db.query<{ case_id: string; outcome: string }>({
    name: 'cases_outcomes',
    text: `select given.case_id, o.outcome from unnest($3::text[], $4::timestamptz[]) as given(case_id, recorded_at)
      join lateral latest_outcome($1, $2, given.case_id, given.recorded_at) o on true`,
    values: [tenant, pod, heads.map(head => head.caseId), heads.map(head => head.recordedAt)],
  })
  return new Map(rows.map(row => [row.case_id, row.outcome]))
}

export interface MessageRow {
  readonly ts: Date
  readonly role: string
  readonly text: string
  readonly pii: { readonly [token: string]: string }
}

/** The newest messages of each of these cases, newest first. */
export async function newestMessages(
  db: Db,
  tenant: string,
  heads: readonly CaseHead[],
  perCase: number,
): Promise<ReadonlyMap<string, readonly MessageRow[]>> {
  if (heads.length === 0) return new Map()
  const { rows } = await db.query<{
    case_id: string
    ts: Date
    role: string
    text: string
    pii: { [token: string]: string } | null
  }>({
    name: 'cases_messages',
    text: `select given.case_id, m.ts, m.role, m.text, m.pii from unnest($2::text[]) as given(case_id)
      cross join lateral (
        select ts, role, text, pii, recorded_at, event_id from messages
        where tenant_id = $1 and case_id = given.case_id and recorded_at >= $3::timestamptz - ${clockSlack}
          and text <> ''
        order by ts desc, recorded_at desc, event_id desc limit $4
      ) m order by given.case_id, m.ts desc, m.recorded_at desc, m.event_id desc`,
    values: [tenant, heads.map(head => head.caseId), earliest(heads.map(head => head.recordedAt)), perCase],
  })
  const byCase = new Map<string, MessageRow[]>(heads.map(head => [head.caseId, []]))
  for (const { case_id, pii, ...message } of rows) byCase.get(case_id)?.push({ ...message, pii: pii ?? {} })
  return byCase
}

export interface OutcomeRow {
  readonly outcome: string
  readonly label: 0 | 1 | null
  readonly source: string
  readonly notes: string | null
  readonly time_to_conversion: number | null
  readonly occurred_at: Date
  readonly recorded_at: Date
}

/** Every outcome of one case, newest first: the first is the one that counts. */
export async function outcomesOf(db: Db, tenant: string, pod: string, head: CaseHead): Promise<readonly OutcomeRow[]> {
  const { rows } = await db.query<OutcomeRow>({
    name: 'case_outcomes',
    text: `select outcome, label, source, notes, time_to_conversion, occurred_at, recorded_at
      from outcomes_of($1, $2, $3, $4) order by place`,
    values: [tenant, pod, head.caseId, head.recordedAt],
  })
  return rows
}

/** Names of the features behind a stored vector, in its order. */
export async function featureNames(
  db: Db,
  tenant: string,
  pod: string,
  schemaHash: string,
): Promise<readonly string[]> {
  const { rows } = await db.query<{ specs: readonly { name: string }[] }>({
    name: 'case_schema',
    text: `select specs from feature_schemas where tenant_id = $1 and pod = $2 and schema_hash = $3`,
    values: [tenant, pod, schemaHash],
  })
  return rows[0]?.specs.map(spec => spec.name) ?? []
}

const earliest = (times: readonly Date[]): Date => new Date(Math.min(...times.map(Number)))
const latest = (times: readonly Date[]): Date => new Date(Math.max(...times.map(Number)))
