import type { Database, Db, Reader } from './db.ts'
import { believed, laterMark } from './marks.ts'

/** Rows of one pod with `from <= recorded_at < to`, as PostgreSQL writes times: a Date would lose its microseconds. */
export interface TimePage {
  readonly pod: string
  readonly from: string
  readonly to: string
}

export interface TimeWalk {
  readonly db: Database
  readonly tenant: string
  readonly table: 'events' | 'messages' | 'outcomes'
  /** Names the mark of what was done. */
  readonly purpose: string
  readonly until: Date
  /** A mark that lies after it by more than clocks differ counts as none; left out: every mark is believed. */
  readonly now?: Date | null
  /** Reads that much again before the mark: for what was being committed while the last run passed. */
  readonly overlapMinutes?: number
  /** Where the first run of a pod begins; left out: with the oldest row. */
  readonly begin?: (db: Reader, pod: string) => Promise<string>
  readonly pageRows?: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Hands over what a table holds of a tenant, from where the last run ended up to `until`, some thousand rows at a time.
 * Each page is a transaction of its own that also moves the mark: a run that ends half-way goes on there.
 */
export async function eachTimePage(walk: TimeWalk, work: (db: Db, page: TimePage) => Promise<void>): Promise<void> {
  const { db, tenant, table, until, overlapMinutes = 0 } = walk
  for (const pod of await db.transaction([tenant], handle => podsIn(handle, table, tenant))) {
    const name = `${walk.purpose}:${table}:${pod}`
    const mark = await db.transaction([tenant], handle => markOf(handle, walk, pod, name, overlapMinutes))
    for (let from: string | null = mark; from !== null; ) {
      walk.signal?.throwIfAborted()
      const start: string = from
      from = await db.transaction([tenant], async handle => {
        const next = await endOfPage(handle, walk, pod, start)
        await work(handle, { pod, from: start, to: next ?? until.toISOString() })
        await setMark(handle, walk, name, next ?? until.toISOString())
        return next
      })
    }
  }
}

/** One look into the index for each pod: a pod that is no longer installed still has rows that expire. */
async function podsIn(db: Db, table: TimeWalk['table'], tenant: string): Promise<readonly string[]> {
  const found: string[] = []
  for (;;) {
    const { rows } = await db.query<{ pod: string }>(
      `select pod from ${table} where tenant_id = $1 and pod > $2 order by pod limit 1`,
      [tenant, found.at(-1) ?? ''],
    )
    if (rows[0] === undefined) return found
    found.push(rows[0].pod)
  }
}

/** null: everything up to `until` was done already. */
async function markOf(db: Db, walk: TimeWalk, pod: string, name: string, overlap: number): Promise<string | null> {
  const { tenant, until, now = null } = walk
  const { rows } = await db.query<{ start: string; done: boolean }>(
    `select (done_until - make_interval(mins => $3))::text as start, done_until >= $4 as done
     from retention_marks where tenant_id = $1 and name = $2 and ${believed('$5')}`,
    [tenant, name, overlap, until, now],
  )
  if (rows[0] === undefined) return (await walk.begin?.(db, pod)) ?? '-infinity'
  return rows[0].done ? null : rows[0].start
}

async function setMark(db: Db, { tenant, now = null }: TimeWalk, name: string, to: string): Promise<void> {
  await db.query(
    `insert into retention_marks as kept (tenant_id, name, done_until) values ($1, $2, $3)
     on conflict (tenant_id, name) do update set ${laterMark('$4')}`,
    [tenant, name, to, now],
  )
}

/** Where the page that begins at `from` ends; null when it is the last one. */
async function endOfPage(db: Db, walk: TimeWalk, pod: string, from: string): Promise<string | null> {
  const { table, tenant, until, pageRows = 2_000 } = walk
  const after = async (sign: '>' | '>=', skipped: number) => {
    const { rows } = await db.query<{ at: string; moved: boolean }>(
      `select recorded_at::text as at, recorded_at > $3 as moved from ${table}
       where tenant_id = $1 and pod = $2 and recorded_at ${sign} $3 and recorded_at < $4
       order by recorded_at offset ${skipped} limit 1`,
      [tenant, pod, from, until],
    )
    return rows[0]
  }
  const end = await after('>=', pageRows)
  if (end === undefined || end.moved) return end?.at ?? null
  // More rows share one moment than a page holds: they go together.
  return (await after('>', 0))?.at ?? null
}
