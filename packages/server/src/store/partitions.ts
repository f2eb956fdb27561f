import type { Database, Db, Reader } from './db.ts'

/** Tables that grow, each cut by month of `recorded_at`. */
export const partitionedTables = [
  'events',
  'decisions',
  'predictions',
  'outcomes',
  'messages',
  'transitions',
  'acts',
  'receipt_links',
  'evaluations',
  'finding_groups',
] as const

const monthOf = (at: Date): string => at.toISOString().slice(0, 7)

/** Tables that are cut by day. */
export const dailyTables = ['recent_event_keys', 'tick_folds'] as const
/** Each day has a key of its own, because one of the whole table would hold the day too. */
const keysOfDay: Partial<Record<PartitionedTable, string>> = { recent_event_keys: 'tenant_id, event_digest' }

export type PartitionedTable = (typeof partitionedTables)[number] | (typeof dailyTables)[number]

/** The months from `from` to `to`, both included, as `YYYY-MM`. */
export function months(from: Date, to: Date): string[] {
  const list: string[] = []
  const at = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth(), 1))
  while (at <= to) {
    list.push(monthOf(at))
    at.setUTCMonth(at.getUTCMonth() + 1)
  }
  return list
}

/** Makes the partitions of those months if they are missing. */
export const ensurePartitions = (db: Db, from: Date, to: Date): Promise<void> => ensureSpans(db, monthSpans(from, to))

/** The same by the owner of the tables, who is asked only where some are missing. */
export const makeMonths = (db: Database, from: Date, to: Date): Promise<void> => makeSpans(db, monthSpans(from, to))

/** The same for the tables by day. */
export const makeDays = (db: Database, from: Date, to: Date): Promise<void> => makeSpans(db, daySpans(from, to))

const monthSpans = (from: Date, to: Date): readonly Span[] =>
  months(from, to).map(month => {
    const start = `${month}-01T00:00:00Z`
    const end = new Date(start)
    end.setUTCMonth(end.getUTCMonth() + 1)
    return { tables: partitionedTables, suffix: month.replace('-', '_'), start, end: end.toISOString() }
  })

function daySpans(from: Date, to: Date): readonly Span[] {
  const dayOf = (at: Date): string => at.toISOString().slice(0, 10)
  const spans: Span[] = []
  for (const at = new Date(dayOf(from)); at <= to; ) {
    const start = dayOf(at)
    at.setUTCDate(at.getUTCDate() + 1)
    spans.push({ tables: dailyTables, suffix: start.replaceAll('-', '_'), start, end: dayOf(at) })
  }
  return spans
}

async function ensureSpans(db: Db, spans: readonly Span[]): Promise<void> {
  for (const span of spans) await ensureSpan(db, span)
}

async function makeSpans(db: Database, spans: readonly Span[]): Promise<void> {
  const lacking = await db.transaction([], async reader => {
    const all: Span[] = []
    for (const span of spans) if ((await missingOf(reader, span)).length > 0) all.push(span)
    return all
  })
  if (lacking.length > 0) await db.owner.transaction([], owner => ensureSpans(owner, lacking))
}

/**
 * Partitions that nobody made, or that are off their table, of the months and days from `from` to `to`. Of what is cut by day only
 * today and tomorrow count, and only where it is cut already: it is made a few days ahead, where some pod needs it.
 */
export async function missingPartitions(db: Reader, from: Date, to: Date): Promise<readonly string[]> {
  const tomorrow = new Date(from.getTime() + 86_400_000)
  const wanted = [
    ...months(from, to).flatMap(month => partitionedTables.map(table => `${table}_${month.replace('-', '_')}`)),
    ...[from, tomorrow].flatMap(at =>
      dailyTables.map(table => `${table}_${at.toISOString().slice(0, 10).replaceAll('-', '_')}`),
    ),
  ]
  const { rows } = await db.query<{ name: string }>(
    `with there as (select i.inhparent, c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where c.relnamespace = current_schema()::regnamespace)
     select name from unnest($1::text[]) as name where not exists (select from there where relname = name)
       and not exists (select from unnest($2::text[]) as daily where starts_with(name, daily || '_')
         and not exists (select from there where inhparent = to_regclass(daily)))`,
    [wanted, dailyTables],
  )
  return rows.map(row => row.name)
}

// Read from the catalogue itself: `to_regclass` answers from a cache that does not notice what was made while we waited.
const missingTables = `select name from unnest($2::text[]) as name where not exists (select from pg_class
  where relname = name || '_' || $1 and relnamespace = current_schema()::regnamespace)`

interface Span {
  readonly tables: readonly PartitionedTable[]
  readonly suffix: string
  readonly start: string
  readonly end: string
}

async function missingOf(db: Reader, { suffix, tables }: Span): Promise<readonly PartitionedTable[]> {
  const { rows } = await db.query<{ name: PartitionedTable }>({
    name: 'partitions_missing',
    text: missingTables,
    values: [suffix, tables],
  })
  return rows.map(row => row.name)
}

/** Row-level security is forced on each partition too, so that reading one directly shows no more than reading the parent. */
async function ensureSpan(db: Db, span: Span): Promise<void> {
  const { suffix, start, end } = span
  if ((await missingOf(db, span)).length === 0) return
  // Two replicas may come here at once: the second waits and finds them.
  await db.query(`select pg_advisory_xact_lock(7283646)`)
  for (const table of await missingOf(db, span)) {
    const name = `${table}_${suffix}`
    // Made apart and then attached, because that lets readers and writers of the parent go on; `partition of` would
    // wait for the longest reader (an export), and everybody else would wait behind it.
    await db.query(`create table ${name} (like ${table} including defaults including constraints including indexes)`)
    const keyOfDay = keysOfDay[table]
    if (keyOfDay !== undefined) await db.query(`alter table ${name} add primary key (${keyOfDay})`)
    await db.query(`alter table ${name} enable row level security`)
    await db.query(`alter table ${name} force row level security`)
    await db.query(`alter table ${table} attach partition ${name} for values from ('${start}') to ('${end}')`)
  }
}

/** Remembers which months exist, so that the hot path asks the database once a month. */
export function partitionKeeper(makeMonths: (from: Date, to: Date) => Promise<void>): {
  cover(from: Date, to: Date): Promise<void> | null
} {
  const known = new Set<string>()
  let making: Promise<unknown> = Promise.resolve()
  return {
    cover(from, to) {
      const covered = () => known.has(monthOf(from)) && known.has(monthOf(to))
      if (covered()) return null
      // Batches that need the same new month wait for the one that makes it.
      const made = making.then(async () => {
        if (covered()) return
        await makeMonths(from, to)
        for (const month of months(from, to)) known.add(month)
      })
      making = made.catch(() => undefined)
      return made
    },
  }
}
