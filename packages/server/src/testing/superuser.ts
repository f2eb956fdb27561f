import pg from 'pg'
import { clientConfig, type DbAddress } from '../store/db.ts'

/** Whoever owns the server: sees the connections of others, and ends them. */
export interface Superuser extends AsyncDisposable {
  query<Row extends object>(text: string): Promise<readonly Row[]>
  /** Transactions of this database that were ended because they waited for each other. */
  deadlocks(): Promise<number>
  /** Connections of this database that wait for a lock of another one at this moment. */
  waiting(): Promise<number>
}

/** On a database where a deadlock is found before anybody loses patience. */
export async function openSuperuser(address: DbAddress): Promise<Superuser> {
  const client = new pg.Client(clientConfig(address, null))
  await client.connect()
  await client.query(
    `do $$ begin execute format('alter database %I set deadlock_timeout = ''50ms''', current_database()); end $$`,
  )
  return {
    query: async text => (await client.query(text)).rows,
    async deadlocks() {
      await client.query('select pg_stat_clear_snapshot()')
      const { rows } = await client.query<{ deadlocks: string }>(
        'select deadlocks from pg_stat_database where datname = current_database()',
      )
      return Number(rows[0]!.deadlocks)
    },
    async waiting() {
      // Within a transaction what is shown would stay as it was at the first look.
      await client.query('select pg_stat_clear_snapshot()')
      const { rowCount } = await client.query(
        'select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0',
      )
      return rowCount!
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}
