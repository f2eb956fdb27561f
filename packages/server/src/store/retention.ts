import type { Db } from './db.ts'

/** Messages kept of one case: the newest ones. */
export const messagesPerCase = 100

/** Takes the oldest messages of cases that hold more than `messagesPerCase`. */
export async function trimMessages(db: Db, tenant: string): Promise<void> {
  await db.query(
    `delete from messages m using (
       select case_id, ts as last_kept from (
         select case_id, ts, row_number() over (partition by case_id order by ts desc, recorded_at desc) as place
         from messages where tenant_id = $1) ranked where place = ${messagesPerCase}) full_cases
     where m.tenant_id = $1 and m.case_id = full_cases.case_id and m.ts < full_cases.last_kept`,
    [tenant],
  )
}

// What stays findable until the contact fields go: names and the tokens of a contact, none of them words of a text.
const contactWords = `(select nullif(array_to_tsvector(coalesce(array_agg(word), '{}')), ''::tsvector)
  from unnest(tsvector_to_array(search)) word where word ~ '^(n|email|phone):')`

/** Takes conversation texts recorded before `before`: messages go, leads lose their details and the words of them. */
export async function expireTexts(db: Db, tenant: string, before: Date): Promise<void> {
  await db.query('delete from messages where tenant_id = $1 and recorded_at < $2', [tenant, before])
  await db.query(
    `update events set payload = (payload::jsonb - 'details')::json, pii = null, search = ${contactWords}
     where tenant_id = $1 and recorded_at < $2 and payload::jsonb ? 'details' and payload::jsonb ->> 'details' <> ''`,
    [tenant, before],
  )
}

/** Takes the contact fields, and the words that find them, of cases without any activity since `before`. */
export async function expireContacts(db: Db, tenant: string, before: Date): Promise<void> {
  await db.query(
    `update events e set sealed = null, search = null
     where e.tenant_id = $1 and e.recorded_at < $2 and e.sealed is not null
       and not exists (select from messages m where m.tenant_id = $1 and m.case_id = e.case_id and m.recorded_at >= $2)
       and not exists (select from outcomes o where o.tenant_id = $1 and o.case_id = e.case_id and o.recorded_at >= $2)`,
    [tenant, before],
  )
}
