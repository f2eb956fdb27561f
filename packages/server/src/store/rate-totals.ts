import type { Database, Reader, Tx } from './db.ts'
import { arraysOf, int4, int8, names, type RowOf, selected, table, text, unnested } from './table.ts'

/** What one process brings of one caller: it counted `fresh` since it asked last, and holds `back` that it does not need. */
const asked = table('rate_totals', {
  tenant: text('tenant_id'),
  keyId: text('key_id'),
  slot: text('slot'),
  /** The same for a minute that begins now. */
  lent: int8('lent'),
  granted: int8('granted'),
  /** Given back; below 0: so many more were let in than it held. */
  back: int8('back'),
  quota: int8('quota'),
  /** It gets one of so many parts of what is left, and at most `most`. */
  parts: int4('parts'),
  most: int8('most'),
})
export type RateAsked = RowOf<typeof asked>

export interface RateAnswer {
  readonly tenant: string
  readonly keyId: string
  readonly slot: string
  /** Let in or held by all processes together. */
  readonly lent: number
  /** So many more may this process let in. */
  readonly granted: number
  /** How long ago the minute began. */
  readonly ageMs: number
  /** The minute began with this exchange. */
  readonly renewed: boolean
  /** That serve on this database now. */
  readonly processes: number
}

// A number of ours: whoever hears the news holds it, shared.
const presenceLock = 7_283_650

const present = `(select count(distinct pid)::int from pg_locks
  where locktype = 'advisory' and granted and objsubid = 1 and classid = 0 and objid = ${presenceLock}
    and database = (select oid from pg_database where datname = current_database()))`

const over = `kept.since <= now() - interval '1 min'`
const past = `since <= now() - interval '1 min'`
const rest = `greatest(0, kept.lent - excluded.back)`
const grant = `least(excluded.most, (greatest(0, excluded.quota - ${rest}) + excluded.parts - 1) / excluded.parts)`
const key = `kept.tenant_id as tenant, kept.key_id as "keyId", kept.slot`
const age = `extract(epoch from clock_timestamp() - kept.since)::float8 * 1000 as "ageMs"`

/**
 * Adds up what this process let in and takes its part of what is left, for all callers in one statement. Rows are locked in
 * the order of their key, so that two processes never wait for each other in a circle.
 */
export async function exchangeRates(db: Tx, rows: readonly RateAsked[]): Promise<readonly RateAnswer[]> {
  const { rows: answers } = await db.query<RateAnswer>({
    name: 'rate_exchange',
    text: `insert into rate_totals as kept (${names(asked)}, since)
      select ${selected(asked, 'given')}, now() from ${unnested(asked, 1)} as given(${names(asked)})
        order by tenant_id, key_id, slot
      on conflict (tenant_id, key_id, slot) do update set
        since = case when ${over} then excluded.since else kept.since end,
        lent = case when ${over} then excluded.lent else ${rest} + ${grant} end,
        granted = case when ${over} then excluded.granted else ${grant} end,
        back = excluded.back, quota = excluded.quota, parts = excluded.parts, most = excluded.most
      returning ${key}, kept.lent, kept.granted, ${age}, kept.since = now() as renewed,
        ${present} as processes`,
    values: arraysOf(asked, rows),
  })
  return answers
}

export type RateTotal = Pick<RateAnswer, 'tenant' | 'keyId' | 'slot' | 'lent' | 'ageMs'>

/** What was given out in minutes that are still under way. */
export async function ratesUnderWay(db: Reader): Promise<readonly RateTotal[]> {
  const { rows } = await db.query<RateTotal>(`select ${key}, kept.lent, ${age} from rate_totals kept where not ${over}`)
  return rows
}

/** Removes minutes that are over. @returns whether none is left */
export async function forgetRates(db: Tx): Promise<boolean> {
  const { rows } = await db.query<{ left: boolean }>(
    `with over as (delete from rate_totals where ${past})
      select exists (select from rate_totals where not (${past})) as left`,
  )
  return rows[0]?.left !== true
}

/** For as long as the connection lives, its process is counted among those that serve. */
export async function bePresent(connection: Awaited<ReturnType<Database['connect']>>): Promise<void> {
  await connection.query(`select pg_advisory_lock_shared(${presenceLock})`)
}

/** Processes that serve on this database now. */
export async function processesPresent(db: Reader): Promise<number> {
  const { rows } = await db.query<{ processes: number }>(`select ${present} as processes`)
  return rows[0]?.processes ?? 0
}
