import { clockSlack, type Db } from '../../store/db.ts'

/** What has no business in the inbox any more, and the answers that were given lately. */
export interface Overdue {
  readonly pod: string
  readonly caseId: string
}

const found = 'select i.pod, i.case_id as "caseId" from inbox i'
const open = `i.tenant_id = $1 and i.state = 'open' and (i.lease_until is null or i.lease_until <= $2)`

/**
 * The word that counts is the latest one; one without a label settles nothing. `is true` keeps the pod out of the choice of
 * an index: a planner without statistics would walk all outcomes by time for each case.
 */
const settled = `exists (select from (select o.label from outcomes o where o.tenant_id = $1 and o.case_id = i.case_id
  and (o.pod = i.pod) is true and o.recorded_at >= i.recorded_at - ${clockSlack}
  order by o.recorded_at desc, o.occurred_at desc, o.event_id desc limit 1) newest where newest.label is not null)`

/** Open cases whose outcome is known and that nobody holds, at most `limit`. Nothing is locked. */
export async function settledCases(db: Db, tenant: string, at: Date, limit: number): Promise<readonly Overdue[]> {
  const { rows } = await db.query<Overdue>({
    name: 'inbox_settled',
    text: `${found} where ${open} and ${settled} order by i.case_id limit $3`,
    values: [tenant, at, limit],
  })
  return rows
}

export async function expiredCases(db: Db, tenant: string, at: Date, limit: number): Promise<readonly Overdue[]> {
  const { rows } = await db.query<Overdue>({
    name: 'inbox_expired',
    text: `${found} where ${open} and i.expires_at <= $2 order by i.case_id limit $3`,
    values: [tenant, at, limit],
  })
  return rows
}

/**
 * Is the outcome of this case known?
 * @param own an event id that does not count: what was reported with the answer itself
 */
export async function isSettled(
  db: Db,
  tenant: string,
  row: { readonly pod: string; readonly caseId: string; readonly recordedAt: Date },
  own: string | null = null,
): Promise<boolean> {
  const { rows } = await db.query<{ label: number | null }>({
    name: 'inbox_is_settled',
    text: `select label from outcomes where tenant_id = $1 and case_id = $2 and (pod = $3) is true
        and recorded_at >= $4::timestamptz - ${clockSlack} and event_id is distinct from $5
      order by recorded_at desc, occurred_at desc, event_id desc limit 1`,
    values: [tenant, row.caseId, row.pod, row.recordedAt, own],
  })
  return rows[0] !== undefined && rows[0].label !== null
}

/** Of these cases, those that are open still and held by nobody, locked; their fences must be held. */
export async function lockOverdue(
  db: Db,
  tenant: string,
  at: Date,
  cases: readonly Overdue[],
): Promise<readonly Overdue[]> {
  const { rows } = await db.query<Overdue>({
    name: 'inbox_lock_overdue',
    text: `${found} join unnest($3::text[], $4::text[]) as given(pod, case_id) using (pod, case_id)
      where ${open} order by i.case_id for update of i skip locked`,
    values: [tenant, at, cases.map(one => one.pod), cases.map(one => one.caseId)],
  })
  return rows
}

/** Ended rows go; what became of the case stays in `transitions`. @returns how many went */
export async function purgeEnded(db: Db, tenant: string, before: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query({
    name: 'inbox_purge',
    text: `delete from inbox where tenant_id = $1 and (pod, case_id) in (select pod, case_id from inbox
      where tenant_id = $1 and state <> 'open' and answered_at < $2 order by answered_at limit $3)`,
    values: [tenant, before, limit],
  })
  return rowCount ?? 0
}

/** Seconds that each of the newest single answers of one key took, newest first. */
export async function lastAnswerSeconds(
  db: Db,
  tenant: string,
  by: string,
  since: Date,
  limit: number,
): Promise<readonly number[]> {
  const { rows } = await db.query<{ seconds: number }>({
    name: 'inbox_last_answers',
    text: `select extract(epoch from answered_at - leased_at)::float8 as seconds from inbox
      where tenant_id = $1 and state = 'answered' and answered_at >= $3 and answered_by = $2 and quality <> 'bulk'
      order by answered_at desc, leased_at desc limit $4`,
    values: [tenant, by, since, limit],
  })
  return rows.map(row => row.seconds)
}
