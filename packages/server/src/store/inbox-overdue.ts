import { clockSlack, type Reader, type Tx } from './db.ts'
import type { HeldCase } from './fences.ts'
import { eachDecision, type InboxCase, type InboxKey, leasedAt } from './inbox.ts'

/** A case that has no business in the inbox any more. */
export type Overdue = InboxKey

const found = 'select i.pod, i.case_id as "caseId" from inbox i'
const open = `i.tenant_id = $1 and i.state = 'open' and not ${leasedAt('$2', 'i.')}`

/**
 * Of the row `i` of a statement whose $1 is the tenant: nothing that waits there is open any more. Each decision is settled by what
 * speaks of its question, or of all; a word without a label settles nothing. Without any outcome one look into the index is all.
 */
export const settled = `(exists (select from latest_outcome($1, i.pod, i.case_id, i.recorded_at, null)) and not exists (
  select from (
    select i.decision_id, i.recorded_at
    union all
    select (other.one ->> 'decisionId')::uuid, (other.one ->> 'recordedAt')::timestamptz from json_array_elements(i.others) other(one)
  ) waits
  left join lateral (select d.question from decisions d where d.tenant_id = $1 and d.pod = i.pod and d.recorded_at = waits.recorded_at
    and d.case_id = i.case_id and d.decision_id = waits.decision_id limit 1) d on true
  where not exists (select from latest_outcome($1, i.pod, i.case_id, i.recorded_at, d.question) newest where newest.label is not null)))`

/** Of one pod, open cases that nobody holds and whose outcome was recorded in `[from, to)`; nothing is locked. */
export async function settledBetween(
  db: Reader,
  tenant: string,
  at: Date,
  page: { readonly pod: string; readonly from: string; readonly to: string },
): Promise<readonly Overdue[]> {
  const { rows } = await db.query<Overdue>({
    name: 'inbox_settled_between',
    text: `select i.pod, i.case_id as "caseId" from (
        select distinct case_id from outcomes where tenant_id = $1 and pod = $3 and recorded_at >= $4 and recorded_at < $5
      ) known cross join lateral (
        select * from inbox where tenant_id = $1 and pod = $3 and case_id = known.case_id limit 1
      ) i where ${open} and ${settled} order by i.case_id`,
    values: [tenant, at, page.pod, page.from, page.to],
  })
  return rows
}

/** Open cases that somebody held while their outcome came, and holds no more: at most `limit`. Nothing is locked. */
export async function settledInHand(db: Reader, tenant: string, at: Date, limit: number): Promise<readonly Overdue[]> {
  const { rows } = await db.query<Overdue>({
    name: 'inbox_settled_in_hand',
    text: `${found} where ${open} and i.lease_holder is not null and ${settled} order by i.case_id limit $3`,
    values: [tenant, at, limit],
  })
  return rows
}

/** Of these cases, those whose outcome is known. */
export async function settledAmong(db: Reader, tenant: string, cases: readonly Overdue[]): Promise<readonly Overdue[]> {
  const { rows } = await db.query<Overdue>({
    name: 'inbox_settled_among',
    text: `select i.pod, i.case_id as "caseId" from unnest($2::text[], $3::text[]) as given(of_pod, of_case)
      cross join lateral (
        select * from inbox where tenant_id = $1 and pod = of_pod and case_id = of_case limit 1
      ) i where ${settled} order by i.case_id`,
    values: [tenant, cases.map(one => one.pod), cases.map(one => one.caseId)],
  })
  return rows
}

/** Open cases of one pod past their time that nobody holds, the longest past first. Nothing is locked. */
export async function expiredCases(
  db: Reader,
  tenant: string,
  pod: string,
  at: Date,
  limit: number,
): Promise<readonly Overdue[]> {
  const { rows } = await db.query<Overdue>({
    name: 'inbox_expired',
    text: `${found} where ${open} and i.pod = $3 and i.expires_at <= $2 order by i.expires_at limit $4`,
    values: [tenant, at, pod, limit],
  })
  return rows
}

/** Before this no outcome belongs to an open case of the pod: the oldest of them, and room for clocks that differ. */
export async function beforeOpen(db: Reader, tenant: string, pod: string): Promise<string> {
  const { rows } = await db.query<{ start: string }>({
    name: 'inbox_before_open',
    text: `select coalesce(min(recorded_at) - ${clockSlack}, 'infinity')::text as start
      from inbox where tenant_id = $1 and pod = $2 and state = 'open'`,
    values: [tenant, pod],
  })
  return rows[0]!.start
}

/** Pods with open cases, also those that are no longer installed: one look into the index for each. */
export async function podsWithOpen(db: Reader, tenant: string): Promise<readonly string[]> {
  const pods: string[] = []
  for (;;) {
    const { rows } = await db.query<{ pod: string }>({
      name: 'inbox_next_pod',
      text: `select pod from inbox where tenant_id = $1 and state = 'open' and pod > $2 order by pod limit 1`,
      values: [tenant, pods.at(-1) ?? ''],
    })
    if (rows[0] === undefined) return pods
    pods.push(rows[0].pod)
  }
}

/**
 * Decisions that wait in these places and whose outcome is known, by their ids.
 * @param own ids of events that do not count: what was reported with the answer itself
 */
export async function settledOf(
  db: Reader,
  tenant: string,
  places: readonly InboxCase[],
  own: readonly string[] = [],
): Promise<ReadonlySet<string>> {
  const waits = places.flatMap(place => eachDecision(place).map(one => ({ ...one, since: place.recordedAt })))
  if (waits.length === 0) return new Set()
  const { rows } = await db.query<{ decisionId: string }>({
    name: 'inbox_settled_of',
    text: `select given.decision_id as "decisionId"
      from unnest($2::text[], $3::text[], $4::timestamptz[], $5::uuid[], $6::timestamptz[])
        as given(pod, case_id, since, decision_id, recorded_at)
      left join lateral (select d.question from decisions d where d.tenant_id = $1 and d.pod = given.pod
        and d.recorded_at = given.recorded_at and d.case_id = given.case_id and d.decision_id = given.decision_id limit 1) d on true
      cross join lateral (select o.label from outcomes_of($1, given.pod, given.case_id, given.since, d.question) o
        where o.event_id <> all ($7::text[]) order by o.place limit 1) newest
      where newest.label is not null`,
    values: [
      tenant,
      waits.map(one => one.pod),
      waits.map(one => one.caseId),
      waits.map(one => one.since),
      waits.map(one => one.decisionId),
      waits.map(one => one.recordedAt),
      own,
    ],
  })
  return new Set(rows.map(({ decisionId }) => decisionId))
}

/** Is nothing open any more of what waits in this place? */
export const isOver = (row: InboxCase, settled: ReadonlySet<string>): boolean =>
  eachDecision(row).every(({ decisionId }) => settled.has(decisionId))

/** The same with its fence held. */
export interface LockedOverdue extends Overdue {
  readonly held: HeldCase
}

/** Of these cases, those whose fence is held and that are open still and in nobody's hands, locked. */
export async function lockOverdue(
  db: Tx,
  tenant: string,
  at: Date,
  cases: readonly Overdue[],
  fences: ReadonlyMap<string, HeldCase>,
): Promise<readonly LockedOverdue[]> {
  const held = cases.filter(one => fences.has(one.caseId))
  const { rows } = await db.query<Overdue>({
    name: 'inbox_lock_overdue',
    // The lists once more: joined alone, a planner without statistics reads every row of the tenant for each pair.
    text: `${found} join unnest($3::text[], $4::text[]) as given(pod, case_id) using (pod, case_id)
      where ${open} and i.pod = any($3) and i.case_id = any($4) order by i.case_id for update of i skip locked`,
    values: [tenant, at, held.map(one => one.pod), held.map(one => one.caseId)],
  })
  return rows.map(row => ({ ...row, held: fences.get(row.caseId)! }))
}
