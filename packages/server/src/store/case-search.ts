import type { Reader } from './db.ts'

export interface Found {
  readonly caseId: string
  readonly rank: number
  /** The message that matched best; null: the case itself. */
  readonly messageText: string | null
}

export interface Matches {
  readonly found: readonly Found[]
  /** null: all was searched; else only the newest so many cases, and as many messages, were. */
  readonly onlyNewest: number | null
}

export interface SearchBounds {
  /** Cases, and messages, that are read one by one, the newest first. */
  readonly readAtMost: number
  /** With so many matches among those read, older ones are not looked for: a common word has matches without end. */
  readonly enough: number
  /** Newest matches that are ranked. */
  readonly rankAtMost: number
  /** The index knows no tenants: what it holds of a word may nearly all be another tenant's. So long it is asked, no longer. */
  readonly indexMs: number
}

export const searchBounds: SearchBounds = { readAtMost: 20_000, enough: 200, rankAtMost: 1_000, indexMs: 1_500 }

const tables = [
  { table: 'events', text: 'null::text' },
  { table: 'messages', text: 'text' },
] as const

/** The newest rows, however many of them match: what a common word needs, and all there is without the index. */
const newestFirst = ({ readAtMost, rankAtMost }: SearchBounds): string[] =>
  tables.map(
    ({ table, text }) => `(select * from (
        select case_id, ${text} as message_text, recorded_at, search from ${table}
        where tenant_id = $1 and pod = $2 order by recorded_at desc limit ${readAtMost}
      ) newest where search @@ $3::tsquery order by recorded_at desc limit ${rankAtMost})`,
  )

/** All rows that match, by the index. `|| ''` keeps the index by time out of it, which would read every row of the tenant. */
const allMatching: string[] = tables.map(
  ({ table, text }) => `select case_id, ${text} as message_text, recorded_at, search from ${table}
      where tenant_id || '' = $1 and pod || '' = $2 and search is not null and search @@ $3::tsquery`,
)

const rankedText = (matching: readonly string[], rankAtMost: number): string => `with ranked as materialized (
    select case_id, message_text, recorded_at, ts_rank(search, $3::tsquery) as rank
    from (${matching.join('\n union all \n')}) matching order by recorded_at desc limit ${rankAtMost}
  ), best as (
    select distinct on (case_id) case_id, message_text, recorded_at, rank from ranked
    order by case_id, rank desc, message_text nulls first, recorded_at desc
  )
  select case_id as "caseId", rank, message_text as "messageText", (select count(*)::int from ranked) as matches
  from best order by rank desc, recorded_at desc, case_id desc limit $4`

// No plan may depend on whether somebody has counted the tables: each statement has one that is right for it.
const settings = {
  byTime: ['seqscan', 'bitmapscan', 'sort'],
  byIndex: ['seqscan', 'indexscan', 'indexonlyscan'],
} as const

async function planFor(db: Reader, plan: keyof typeof settings): Promise<void> {
  const all = new Set([...settings.byTime, ...settings.byIndex])
  const off: readonly string[] = settings[plan]
  const set = [...all].map(name => `set_config('enable_${name}', '${off.includes(name) ? 'off' : 'on'}', true)`)
  // A way that is switched off counts as endlessly dear, and for a dear plan code would be compiled: two seconds.
  set.push(`set_config('jit', 'off', true)`)
  await db.query({ name: `cases_search_${plan}`, text: `select ${set.join(', ')}`, values: [] })
}

interface Row extends Found {
  readonly matches: number
}

/**
 * The cases that hold the words, best first, each by its best text; ties go to the newer one. The newest cases are read
 * first. When they hold too few matches the rest is found by the index, where this login may use it and it does not take
 * too long.
 * @param read runs what it is given in a transaction of its own: one that took too long is of no use any more
 * @param query text of a tsquery
 */
export async function findByWords(
  read: <T>(work: (db: Reader) => Promise<T>) => Promise<T>,
  { tenant, pod }: { readonly tenant: string; readonly pod: string },
  query: string,
  limit: number,
  bounds: SearchBounds = searchBounds,
): Promise<Matches> {
  const values = [tenant, pod, query, limit]
  const { ask, ...newest } = await read(async db => {
    await planFor(db, 'byTime')
    const { rows } = await db.query<Row>({
      name: `cases_search_newest_${bounds.readAtMost}`,
      text: rankedText(newestFirst(bounds), bounds.rankAtMost),
      values,
    })
    const found = rows.map(foundOf)
    if (!(await hasMore(db, tenant, pod, bounds.readAtMost))) return { found, onlyNewest: null, ask: false }
    const ask = (rows[0]?.matches ?? 0) < bounds.enough && (await mayUseIndex(db))
    return { found, onlyNewest: bounds.readAtMost, ask }
  })
  if (!ask) return newest
  try {
    return await read(async db => {
      await planFor(db, 'byIndex')
      await db.query({
        name: 'cases_search_patience',
        text: `select set_config('statement_timeout', $1, true)`,
        values: [`${bounds.indexMs}ms`],
      })
      const { rows } = await db.query<Row>({
        name: `cases_search_all_${bounds.readAtMost}`,
        text: rankedText(allMatching, bounds.rankAtMost),
        values,
      })
      return { found: rows.map(foundOf), onlyNewest: null }
    })
  } catch (error) {
    if ((error as { code?: unknown }).code !== tookTooLong) throw error
    return newest
  }
}

/** The server's word for a statement that it ended because of its time. */
const tookTooLong = '57014'

const foundOf = ({ matches: _matches, ...found }: Row): Found => found

async function hasMore(db: Reader, tenant: string, pod: string, count: number): Promise<boolean> {
  const beyond = tables.map(
    ({ table }) =>
      `exists (select from ${table} where tenant_id = $1 and pod = $2 order by recorded_at desc offset ${count} limit 1)`,
  )
  const { rows } = await db.query<{ more: boolean }>({
    name: `cases_search_more_${count}`,
    text: `select ${beyond.join(' or ')} as more`,
    values: [tenant, pod],
  })
  return rows[0]?.more ?? false
}

/** Under row-level security an index serves only operators of which the database knows that they leak nothing. */
async function mayUseIndex(db: Reader): Promise<boolean> {
  const { rows } = await db.query<{ leakproof: boolean }>({
    name: 'cases_search_indexed',
    text: `select proleakproof as leakproof from pg_proc where oid = 'pg_catalog.ts_match_vq(tsvector,tsquery)'::regprocedure`,
    values: [],
  })
  return rows[0]?.leakproof ?? false
}
