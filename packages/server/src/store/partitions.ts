import type { Db } from './db.ts'

/** Tables that grow, each cut by month of `recorded_at`. */
export const partitionedTables = ['events', 'decisions', 'outcomes', 'messages'] as const

const monthOf = (at: Date): string => at.toISOString().slice(0, 7)

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

/**
 * Makes the partitions of those months if they are missing. Row-level security is forced on each partition too, so
 * that reading one directly shows no more than reading the parent.
 */
export async function ensurePartitions(db: Db, from: Date, to: Date): Promise<void> {
  for (const month of months(from, to)) {
    const start = `${month}-01T00:00:00Z`
    const end = new Date(start)
    end.setUTCMonth(end.getUTCMonth() + 1)
    const suffix = month.replace('-', '_')
    const { rows } = await db.query<{ present: boolean }>({
      name: 'partition_present',
      text: `select to_regclass('messages_' || $1) is not null as present`,
      values: [suffix],
    })
    if (rows[0]?.present) continue
    // Two replicas may come here at once: the second waits and finds them.
    await db.query(`select pg_advisory_xact_lock(7283646)`)
    for (const table of partitionedTables) {
      const name = `${table}_${suffix}`
      await db.query(
        `create table if not exists ${name} partition of ${table} for values from ('${start}') to ('${end.toISOString()}')`,
      )
      await db.query(`alter table ${name} enable row level security`)
      await db.query(`alter table ${name} force row level security`)
    }
  }
}

/** Remembers which months exist, so that the hot path asks the database once a month. */
export function partitionKeeper(makeMonths: (from: Date, to: Date) => Promise<void>): {
  cover(from: Date, to: Date): Promise<void> | null
} {
  const known = new Set<string>()
  return {
    cover(from, to) {
      if (known.has(monthOf(from)) && known.has(monthOf(to))) return null
      return makeMonths(from, to).then(() => {
        for (const month of months(from, to)) known.add(month)
      })
    },
  }
}
