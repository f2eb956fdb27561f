import type { Database } from './db.ts'

/** Below it makes no difference how a table is read. */
const fewRows = 500

/**
 * Gathers the planner's statistics of tables that have become several times as large since anybody did, or that nobody looked
 * at yet: a new database, a new month. PostgreSQL does so by itself, up to a minute later, and until then takes a tenant for
 * one with a single row, so that statements over some cases read all of its rows. A table that is being looked at already,
 * and one whose autovacuum somebody has turned off, is left alone.
 * @returns the tables that were looked at
 */
export async function gatherStatistics(db: Database): Promise<readonly string[]> {
  const grown = await db.transaction([], async handle => {
    const { rows } = await handle.query<{ name: string }>({
      name: 'grown_tables',
      text: `select s.relid::regclass::text as name from pg_stat_user_tables s join pg_class c on c.oid = s.relid
        where s.schemaname = current_schema() and c.relkind = 'r'
          and s.n_live_tup >= greatest($1::int8, 5 * c.reltuples)
          and not exists (select from pg_options_to_table(c.reloptions)
            where option_name = 'autovacuum_enabled' and not option_value::boolean)`,
      values: [fewRows],
    })
    return rows.map(row => row.name)
  })
  // One by one: each is locked against changes of its columns only while it is read.
  for (const name of grown) await db.owner.transaction([], handle => handle.query(`analyze (skip_locked) ${name}`))
  return grown
}
