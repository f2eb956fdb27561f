import { ownClient } from '../own-client.ts'
import { SUPERUSER } from './data-folder.ts'

export interface Connection<User extends string, Database extends string> {
  /** Folder of the Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: User
  readonly database: Database
}

/** A server that dies at this very moment must end in a sentence, not in a start that waits for ever. */
const patience = { connectionTimeoutMillis: 10_000, query_timeout: 15_000 }

/**
 * The plain role everything runs as, so that row-level security holds, and its database. Checked on every start: the
 * one before may have been killed between the two.
 */
export async function ensureAccounts(host: string, port: number): Promise<void> {
  const client = ownClient({ host, port, user: SUPERUSER, database: 'postgres', ...patience })
  await client.connect()
  try {
    const { rows } = await client.query<{ role: boolean; database: boolean }>(
      `select exists (select from pg_roles where rolname = 'surety') as role,
              exists (select from pg_database where datname = 'surety') as database`,
    )
    if (!rows[0]?.role) await client.query('create role surety login nosuperuser nocreaterole nocreatedb nobypassrls')
    if (!rows[0]?.database) await client.query('create database surety owner surety')
  } finally {
    await client.end()
  }
}

/** Whether the server answers and is of that version; sessions left by a killed Surety, and their locks, are ended. */
export async function answersAs(host: string, port: number, version: string): Promise<boolean> {
  const client = ownClient({ host, port, user: SUPERUSER, database: 'postgres', ...patience })
  try {
    await client.connect()
    const { rows } = await client.query<{ version: string }>(
      `select current_setting('server_version') as version, count(pg_terminate_backend(pid, 1000))
       from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    )
    return rows[0]?.version.split(' ')[0] === version
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}
