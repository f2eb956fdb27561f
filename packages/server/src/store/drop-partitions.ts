import type { Database } from './db.ts'
import { dailyTables, type PartitionedTable, partitionedTables } from './partitions.ts'

/** From which moment on each table keeps what was recorded; a table that is left out is kept whole. */
export type KeptFrom = { readonly [Table in PartitionedTable]?: Date }

interface Partition {
  readonly table: PartitionedTable
  readonly name: string
  /** It still belongs to its table: `pending` when a process ended while it was being taken off. */
  readonly attached: 'yes' | 'pending' | 'no'
}

const tables: readonly PartitionedTable[] = [...partitionedTables, ...dailyTables]

/** A number of ours: one process at a time drops partitions. */
const droppingLock = 7_283_652
/** Long enough for a statement that still reads the table; nobody waits behind this one meanwhile. */
const patience = ['statement_timeout=150s', 'lock_timeout=120s']

/**
 * Drops every month, or day, that lies wholly before what its table keeps, so that nothing is deleted row by row. It is taken
 * off its table first, in a way that lets readers and writers of the table go on, and dropped when nobody reads it any more.
 * A process that ends in between leaves the rest to the next call; another one that is at it has it done.
 * @returns the partitions that are gone
 */
export async function dropPartitions(db: Database, kept: KeptFrom, signal?: AbortSignal): Promise<readonly string[]> {
  const client = await db.owner.connect({ settings: patience })
  const gone: string[] = []
  try {
    const { rows } = await client.query<{ mine: boolean }>(`select pg_try_advisory_lock(${droppingLock}) as mine`)
    if (!rows[0]!.mine) return gone
    for (const table of tables) {
      const found = await client.query<Partition>(partitionsOf, [table, `^${table}_[0-9]{4}(_[0-9]{2}){1,2}$`])
      // Whatever is kept now: nobody reads such a partition any more, and no other one can be taken off before it is.
      for (const { name, attached } of found.rows)
        if (attached === 'pending') await client.query(`alter table ${table} detach partition ${name} finalize`)
      const from = kept[table]
      if (from === undefined) continue
      for (const { name, attached } of found.rows) {
        if (endOf(name.slice(table.length + 1)) > from) continue
        signal?.throwIfAborted()
        if (attached === 'yes') await client.query(`alter table ${table} detach partition ${name} concurrently`)
        await client.query(`drop table ${name}`)
        gone.push(name)
      }
    }
    return gone
  } finally {
    await client.end()
  }
}

// By name, so that one that was taken off and not dropped is found too.
const partitionsOf = `select $1::text as table, c.relname as name,
    case when i.inhrelid is null then 'no' when i.inhdetachpending then 'pending' else 'yes' end as attached
  from pg_class c left join pg_inherits i on i.inhrelid = c.oid
  where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname ~ $2 order by c.relname`

/** The moment after the month or day that is written `2026_11` or `2026_11_21`. */
function endOf(span: string): Date {
  const [year, month, day] = span.split('_').map(Number)
  return new Date(day === undefined ? Date.UTC(year!, month!, 1) : Date.UTC(year!, month! - 1, day + 1))
}
