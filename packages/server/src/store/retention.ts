import type { Database } from './db.ts'
import { eachTimePage, type TimePage } from './time-pages.ts'

/** Messages kept of one case: the newest ones. */
export const messagesPerCase = 100

/** Beside the data themselves. */
export interface RetentionOptions {
  readonly signal?: AbortSignal | undefined
  readonly pageRows?: number
  /** The moment of the run: what it did up to a later one was done under a wrong clock. */
  readonly now?: Date
}

const inPage = 'tenant_id = $1 and pod = $2 and recorded_at >= $3 and recorded_at < $4'
const pageValues = (tenant: string, { pod, from, to }: TimePage): unknown[] => [tenant, pod, from, to]

/** Takes the oldest messages of cases that hold more than `messagesPerCase`; only cases with a message since last time. */
export async function trimMessages(
  db: Database,
  tenant: string,
  at: Date,
  options: RetentionOptions = {},
): Promise<void> {
  const walk = { db, tenant, table: 'messages', purpose: 'trim', until: at, overlapMinutes: 15, ...options } as const
  await eachTimePage(walk, async (handle, page) => {
    await handle.query(
      `with spoken as materialized (select distinct case_id from messages where ${inPage}),
       full_cases as materialized (
         select case_id, ts as last_kept from spoken cross join lateral (
           select m.ts from messages m where m.tenant_id = $1 and m.case_id = spoken.case_id
           order by m.ts desc, m.recorded_at desc offset ${messagesPerCase - 1} limit 1) place)
       delete from messages m using full_cases
       where m.tenant_id = $1 and m.case_id = full_cases.case_id and m.ts < full_cases.last_kept`,
      pageValues(tenant, page),
    )
  })
}

// What stays findable until the contact fields go: names and the tokens of a contact, none of them words of a text.
const contactWords = `(select nullif(array_to_tsvector(coalesce(array_agg(word), '{}')), ''::tsvector)
  from unnest(tsvector_to_array(search)) word where word ~ '^(n|email|phone):')`

const expiry = {
  messages: `delete from messages where ${inPage}`,
  outcomes: `update outcomes set notes = null where ${inPage} and notes is not null`,
  events: `update events set payload = (payload::jsonb - 'details')::json, pii = null, search = ${contactWords}
    where ${inPage} and payload::jsonb ? 'details' and payload::jsonb ->> 'details' <> ''`,
} as const

/** Takes conversation texts recorded before `before`: messages and notes go, cases lose their details and the words of them. */
export async function expireTexts(
  db: Database,
  tenant: string,
  before: Date,
  options: RetentionOptions = {},
): Promise<void> {
  for (const [table, sql] of Object.entries(expiry) as [keyof typeof expiry, string][])
    await eachTimePage({ db, tenant, table, purpose: 'texts', until: before, ...options }, async (handle, page) => {
      await handle.query(sql, pageValues(tenant, page))
    })
}
