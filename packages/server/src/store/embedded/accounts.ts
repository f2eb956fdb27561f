import pg from 'pg'
import { SUPERUSER } from './data-folder.ts'

export interface Connection<User extends string, Database extends string> {
  /** Folder of the Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: User
  readonly database: Database
}

/**
 * The plain role everything runs as, so that row-level security holds, and its database. Checked on every start: the
 * one before may have been killed between the two.
 */
export async function ensureAccounts(host: string, port: number): Promise<void> {
  const client = new pg.Client({ host, port, user: SUPERUSER, database: 'postgres' })
  await client.connect()
  try {
    const { rows } = await client.query<{ role: boolean; database: boolean }>(
      `select exists (select from pg_roles where rolname = 'surety') as role,
              exists (select from pg_database where datname = 'surety') as database`,
    )
    if (!rows[0]?.role) await client.query('create role surety login nosuperuser nocreaterole nobypassrls createdb')
    if (!rows[0]?.database) await client.query('create database surety owner surety')
  } finally {
    await client.end()
  }
}
