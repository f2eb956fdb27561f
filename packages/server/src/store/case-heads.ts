import type { Reader } from './db.ts'
import { decisions } from './decisions.ts'
import { eventKeys } from './event-keys.ts'
import { type ExactTime, exactly } from './exact-time.ts'
import type { RowOf } from './table.ts'

const head = decisions.pick('caseId', 'eventId', 'recordedAt', 'enrichment')

/** What a list shows of a decision. */
export interface CaseHead extends RowOf<typeof head> {
  readonly probability: number | null
  /** The moment of recording, for the place in a list. */
  readonly exactly: ExactTime
}

/** Of the newest cases of a pod, behind a place. */
export async function pageOfCases(
  db: Reader,
  tenant: string,
  pod: string,
  limit: number,
  after: { readonly recordedAt: ExactTime; readonly caseId: string } | null,
): Promise<readonly CaseHead[]> {
  const beyond =
    after === null ? '' : 'and recorded_at <= $4::timestamptz and (recorded_at, case_id) < ($4::timestamptz, $5::text)'
  const { rows } = await db.query<CaseHead>({
    name: after === null ? 'cases_first_page' : 'cases_next_page',
    text: `select ${head.columns()}, probability, ${exactly('recorded_at')} as exactly from decisions
      where tenant_id = $1 and pod = $2 and erased_digest is null ${beyond} order by recorded_at desc, case_id desc limit $3`,
    values: [tenant, pod, limit, ...(after === null ? [] : [after.recordedAt, after.caseId])],
  })
  return rows
}

const opening = eventKeys.pick('caseId', 'recordedAt')

/** Cases by their ids; those of other tenants and of other pods are left out. */
export async function headsOf(
  db: Reader,
  tenant: string,
  pod: string,
  caseIds: readonly string[],
): Promise<readonly CaseHead[]> {
  const keys = await db.query<RowOf<typeof opening>>({
    name: 'cases_keys',
    // A look-up for each (`offset 0` keeps it one): all at once, a plan for all values read every key of the tenant.
    text: `select ${opening.columns('opening')} from unnest($2::text[]) as given(case_id) cross join lateral (
        select k.case_id, k.recorded_at from event_keys k
        where k.tenant_id = $1 and k.case_id = given.case_id and k.decision_id is not null offset 0
      ) opening`,
    values: [tenant, caseIds],
  })
  if (keys.rows.length === 0) return []
  const times = keys.rows.map(row => row.recordedAt)
  const { rows } = await db.query<CaseHead>({
    name: 'cases_heads',
    text: `select ${head.columns('d')}, d.probability, ${exactly('d.recorded_at')} as exactly
      from unnest($3::timestamptz[], $4::text[]) as given(recorded_at, case_id)
      join decisions d on d.tenant_id = $1 and d.pod = $2 and d.recorded_at = given.recorded_at and d.case_id = given.case_id
      where d.recorded_at between $5 and $6`,
    values: [tenant, pod, times, keys.rows.map(row => row.caseId), earliest(times), latest(times)],
  })
  return rows
}

/** Bounds that prune partitions. */
export const earliest = (times: readonly Date[]): Date => new Date(Math.min(...times.map(Number)))
export const latest = (times: readonly Date[]): Date => new Date(Math.max(...times.map(Number)))
