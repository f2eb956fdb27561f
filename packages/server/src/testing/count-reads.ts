import type { Database, Reader } from '../store/db.ts'

/** What a plan costs, whatever the machine. */
export interface Reads {
  /** Rows fetched from tables. */
  readonly rows: number
  /** Pages of tables and indexes: also of an index that was walked for nothing. */
  readonly pages: number
}

/** A database that counts what its transactions read. */
export interface CountedDatabase extends Database {
  /** Since the last call. */
  takeReads(): Reads
}

const none: Reads = { rows: 0, pages: 0 }

/**
 * @param generic every prepared statement is planned once for all values, as PostgreSQL does after five executions
 */
export function countReads(db: Database, { generic = false } = {}): CountedDatabase {
  let taken = none
  const counted =
    <Handle extends Reader, T>(work: (handle: Handle) => Promise<T>) =>
    async (handle: Handle): Promise<T> => {
      if (generic) await handle.query(`set local plan_cache_mode = force_generic_plan`)
      const before = await readsSoFar(handle)
      const result = await work(handle)
      const { rows, pages } = await readsSoFar(handle)
      taken = { rows: taken.rows + rows - before.rows, pages: taken.pages + pages - before.pages }
      return result
    }
  return {
    ...db,
    transaction: (tenants, work) => db.transaction(tenants, counted(work)),
    read: (tenants, work) => db.read(tenants, counted(work)),
    takeReads() {
      const reads = taken
      taken = none
      return reads
    },
  }
}

/** Of this connection; the server adds them to its statistics later. */
async function readsSoFar(db: Reader): Promise<Reads> {
  const { rows } = await db.query<{ rows: number; pages: number }>(
    `select coalesce(sum(pg_stat_get_xact_tuples_fetched(oid)
          + case when relkind = 'r' then pg_stat_get_xact_tuples_returned(oid) else 0 end), 0)::int8 as rows,
        coalesce(sum(pg_stat_get_xact_blocks_fetched(oid)), 0)::int8 as pages
      from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'i')`,
  )
  return rows[0]!
}

/** The server gathers no statistics of these tables by itself: a test says when. */
export async function keepUncounted(db: Database, tables: readonly string[]): Promise<void> {
  await db.transaction([], async handle => {
    for (const table of tables) {
      const { rows } = await handle.query<{ name: string }>(
        `select c.relname as name from pg_class c where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
          and (c.relname = $1 or c.oid in (select inhrelid from pg_inherits where inhparent = $1::regclass))`,
        [table],
      )
      for (const { name } of rows) await handle.query(`alter table ${name} set (autovacuum_enabled = off)`)
    }
  })
}
