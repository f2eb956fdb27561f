import type { Database, Db } from './db.ts'
import type { RetentionOptions } from './retention.ts'
import { eachTimePage } from './time-pages.ts'

// A page is small and its rows are found by key: no plan may read a whole table for it.
const planSettings = `select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`

/** The newest sign of life of a case at or after $2. A fence remembers touches whose messages have expired since; that nothing was heard is none. */
const lastSign = (caseId: string): string => `greatest(
  (select max(m.recorded_at) from messages m where m.tenant_id = $1 and m.case_id = ${caseId} and m.recorded_at >= $2),
  (select max(o.recorded_at) from outcomes o where o.tenant_id = $1 and o.case_id = ${caseId} and o.recorded_at >= $2
    and o.source <> 'window'),
  (select f.at from fences f where f.tenant_id = $1 and f.case_id = ${caseId} and f.at >= $2))`

/** Takes the contact fields, and the words that find them, of cases without any activity since `before`. */
export async function expireContacts(
  db: Database,
  tenant: string,
  before: Date,
  options: RetentionOptions = {},
): Promise<void> {
  const walk = { db, tenant, table: 'events', purpose: 'contacts', until: before, ...options } as const
  await eachTimePage(walk, async (handle, { pod, from, to }) => {
    const values = [tenant, before, pod, from, to]
    const inPage = `e.tenant_id = $1 and e.pod = $3 and e.recorded_at >= $4 and e.recorded_at < least($5::timestamptz, $2::timestamptz)
      and e.sealed is not null`
    await handle.query(planSettings)
    await handle.query(
      `insert into contact_waits as kept (tenant_id, pod, case_id, last_activity)
       select $1, $3, case_id, max(last_sign) from (
         select e.case_id, ${lastSign('e.case_id')} as last_sign from events e where ${inPage}) found
       where last_sign is not null group by case_id
       on conflict (tenant_id, pod, case_id)
         do update set last_activity = greatest(kept.last_activity, excluded.last_activity)`,
      values,
    )
    await handle.query(
      `update events e set sealed = null, search = null where ${inPage} and not exists (
         select from contact_waits w where w.tenant_id = $1 and w.pod = $3 and w.case_id = e.case_id)`,
      values,
    )
  })
  const { pageRows = 2_000, signal } = options
  for (let left = true; left; ) {
    signal?.throwIfAborted()
    left = await db.transaction([tenant], handle => endWaits(handle, tenant, before, pageRows))
  }
}

/** A page of the waits that are due: put off again where something happened since, else over. @returns whether more are due */
async function endWaits(db: Db, tenant: string, before: Date, pageRows: number): Promise<boolean> {
  await db.query(planSettings)
  const { rows } = await db.query<{ pod: string; case_id: string; last_sign: Date | null }>(
    `select pod, case_id, ${lastSign('w.case_id')} as last_sign from contact_waits w
     where tenant_id = $1 and last_activity < $2 order by last_activity limit ${pageRows} for update`,
    [tenant, before],
  )
  const talking = rows.filter(row => row.last_sign !== null)
  const over = rows.filter(row => row.last_sign === null)
  const named = (some: typeof rows) => [tenant, some.map(row => row.pod), some.map(row => row.case_id)]
  await db.query(
    `update contact_waits w set last_activity = given.at
     from unnest($2::text[], $3::text[], $4::timestamptz[]) as given(pod, case_id, at)
     where w.tenant_id = $1 and w.pod = given.pod and w.case_id = given.case_id`,
    [...named(talking), talking.map(row => row.last_sign)],
  )
  await db.query(
    `update events e set sealed = null, search = null
     from unnest($2::text[], $3::text[]) as given(pod, case_id)
     join event_keys k on k.tenant_id = $1 and k.case_id = given.case_id and k.decision_id is not null
     where e.tenant_id = $1 and e.pod = given.pod and e.case_id = k.case_id and e.recorded_at = k.recorded_at`,
    named(over),
  )
  await db.query(
    `delete from contact_waits w using unnest($2::text[], $3::text[]) as given(pod, case_id)
     where w.tenant_id = $1 and w.pod = given.pod and w.case_id = given.case_id`,
    named(over),
  )
  return rows.length === pageRows
}
