import type pg from 'pg'
import { clientConfig, type DbAddress, type Reader, schemaName } from './db.ts'
import { ownClient } from './own-client.ts'

/** The wall clock of the database, in milliseconds since 1970. */
export async function clockOf(db: Reader): Promise<number> {
  const { rows } = await db.query<{ ms: number }>('select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms')
  return rows[0]!.ms
}

/**
 * How far the clock of this process is ahead of that of the database, in milliseconds; negative: behind; 0 where they agree as
 * closely as the way there and back lets anybody tell.
 */
export async function clockAheadMs(db: Reader, now: () => Date): Promise<number> {
  const sent = now().getTime()
  const theirs = await clockOf(db)
  const back = now().getTime()
  // Theirs was read somewhere between the two readings of ours.
  return theirs < sent ? sent - theirs : theirs > back ? back - theirs : 0
}

/** Clocks that are further apart than this are not both right. */
export const mostClocksApartMs = 5 * 60_000

export interface ServerFacts {
  /** As `server_version_num`: 150004 is 15.4. */
  readonly version: number
  /** This login may create schemas in its database; or need not, because the tables are another's. */
  readonly creates: boolean
  /** The index of searches may be used (docs/decisions/0009). */
  readonly indexed: boolean
  readonly superuser: boolean
  /** Row-level security does not hold this login: our tables are read in the plain role. */
  readonly bypasses: boolean
  /** A start has made our tables. */
  readonly tables: boolean
  /** It takes writes at present. */
  readonly writable: boolean
  /** Milliseconds that the clock of this machine is ahead of its; negative: behind. */
  readonly clockAheadMs: number
}

/** What a server says of itself and of this login. @throws within seconds where nobody answers */
export async function serverFacts(address: DbAddress, now: () => Date): Promise<ServerFacts> {
  const client = ownClient({ ...clientConfig(address, null), connectionTimeoutMillis: 5_000, query_timeout: 5_000 })
  try {
    await client.connect()
    const { rows } = await client.query<Omit<ServerFacts, 'clockAheadMs'>>(
      `select current_setting('server_version_num')::int as version,
         has_database_privilege(current_database(), 'create') or exists (
           select from pg_class where oid = to_regclass('${schemaName}.migrations') and not pg_has_role(current_user, relowner, 'usage')) as creates,
         (select proleakproof from pg_proc where oid = 'pg_catalog.ts_match_vq(tsvector,tsquery)'::regprocedure) as indexed,
         (select rolsuper from pg_roles where rolname = current_user) as superuser,
         (select rolsuper or rolbypassrls from pg_roles where rolname = current_user) as bypasses,
         to_regclass('${schemaName}.task_runs') is not null as tables,
         current_setting('transaction_read_only') = 'off' as writable`,
    )
    return { ...rows[0]!, clockAheadMs: await clockAheadMs(client, now) }
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Makes a database of that name on the server, unless it is there. @throws NotAllowed */
export const createDatabase = async (url: string, name: string): Promise<void> =>
  onServer(url, async client => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount === 0) await client.query(`create database ${name}`)
  })

/** Removes it with whoever is connected. @throws NotAllowed */
export const dropDatabase = async (url: string, name: string): Promise<void> =>
  onServer(url, async client => void (await client.query(`drop database if exists ${name} with (force)`)))

/** The login has no right to what was asked. */
export class NotAllowed extends Error {}

async function onServer(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = ownClient(clientConfig({ url }, null))
  await client.connect()
  try {
    await work(client)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '42501') throw new NotAllowed(error.message)
    throw error
  } finally {
    await client.end()
  }
}
