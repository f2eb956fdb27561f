import type { Socket } from 'node:net'
import pg from 'pg'

/** Where the database is: a URL of yours, or the socket of the embedded server. */
export interface DbAddress {
  readonly url?: string
  readonly host?: string
  readonly port?: number
  readonly user?: string
  readonly database?: string
}

/** What a store function that only reads takes first. Where `Database.read` hands it out the server refuses a write, too. */
export interface Reader {
  query<Row extends pg.QueryResultRow>(query: pg.QueryConfig | string, values?: unknown[]): Promise<pg.QueryResult<Row>>
}

declare const mayWrite: unique symbol

/** An open transaction: what a store function that writes takes first. */
export interface Tx extends Reader {
  readonly [mayWrite]: true
}

/** The same as `Tx`, under its older name. */
export type Db = Tx

export interface Database extends AsyncDisposable {
  readonly address: DbAddress
  /** The plain role that all our connections use. */
  readonly role: string | null
  /** Runs `work` in one transaction that sees only the rows of `tenants`. Rolls back when it throws. */
  transaction<T>(tenants: readonly string[], work: (tx: Tx) => Promise<T>): Promise<T>
  /** The same for reading alone: one snapshot of the data, and the server refuses every write. */
  read<T>(tenants: readonly string[], work: (reader: Reader) => Promise<T>): Promise<T>
  /** A connection of its own, for LISTEN and for the writers of the line. The caller ends it. */
  connect(options?: { pipeline?: boolean; settings?: readonly string[] }): Promise<pg.Client>
  ping(): Promise<void>
}

// pg gives int8 as text and a date as local midnight; ours are whole numbers below 2^53 and UTC.
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === 20) return Number
    if (oid === 114 || oid === 3802) return JSON.parse
    return pg.types.getTypeParser(oid, format ?? 'text')
  }) as pg.CustomTypesConfig['getTypeParser'],
}

/**
 * What belongs to a case was recorded after it, by the clock of the process that recorded it: clocks differ between
 * replicas and are set back. A bound that only spares partitions leaves them this much room.
 */
export const clockSlack = `interval '1 day'`

const statementTimeoutMs = 60_000
/** A server that takes the call and says nothing, or a pool that stays empty, is an outage and not a reason to hang. */
const connectTimeoutMs = 15_000
/** How long closing waits for transactions under way. */
const longestEndMs = 2_000

/** The schema that holds our tables. */
export const schemaName = 'surety'

export function clientConfig(address: DbAddress, role: string | null, more: string[] = []): pg.ClientConfig {
  const settings = [
    `-c search_path=${schemaName}`,
    '-c TimeZone=UTC',
    `-c statement_timeout=${statementTimeoutMs}`,
    ...more,
  ]
  if (role !== null) settings.push(`-c role=${role}`)
  const place =
    address.url !== undefined
      ? { connectionString: address.url }
      : { host: address.host, port: address.port, user: address.user, database: address.database }
  const wait = { connectionTimeoutMillis: connectTimeoutMs, keepAlive: true }
  return { ...place, ...wait, types, options: settings.join(' '), application_name: 'surety' } as pg.ClientConfig
}

const readWrite = 'begin'
const readOnly = 'begin isolation level repeatable read read only'

/** Begins a transaction and says whose rows it sees, in one message: each that is awaited costs as much as a short statement. */
const beginFor = (begin: string, tenants: readonly string[]): string =>
  `${begin}; select set_config('surety.tenants', ${pg.escapeLiteral(tenants.join(','))}, true)`

/** A snapshot of the data on a connection of its own; whoever opened it ends it. */
export interface Snapshot extends Reader {
  end(): Promise<void>
}

/**
 * @param idleMs the server ends it when nothing is asked for so long; left out: never
 * @param ended called once the connection is closed, whoever closed it
 */
export async function openSnapshot(
  database: Database,
  tenants: readonly string[],
  idleMs?: number,
  ended?: () => void,
): Promise<Snapshot> {
  const client = await database.connect()
  if (ended !== undefined) client.once('end', ended)
  try {
    await client.query(beginFor(readOnly, tenants))
    if (idleMs !== undefined) await client.query(`set local idle_in_transaction_session_timeout = ${idleMs}`)
    return client
  } catch (error) {
    await client.end()
    throw error
  }
}

/** As `Database.read`, on a connection of its own: for what takes long, while the pool serves the doors. */
export async function readApart<T>(
  database: Database,
  tenants: readonly string[],
  work: (reader: Reader) => Promise<T>,
): Promise<T> {
  const snapshot = await openSnapshot(database, tenants)
  try {
    return await work(snapshot)
  } finally {
    await snapshot.end()
  }
}

/** Opens a pool. `role` is set on every connection when the login itself would bypass row-level security. */
export function openDatabase(address: DbAddress, role: string | null, poolSize = 8): Database {
  const pool = new pg.Pool({ ...clientConfig(address, role), max: poolSize, idleTimeoutMillis: 30_000 })
  // A connection that breaks is replaced by the pool; without listeners the process would end. The pool listens only to
  // idle ones: one that breaks between two queries of a transaction fails the next query, and that is told there.
  pool.on('error', () => {})
  const pooled = new Set<pg.PoolClient>()
  const apart = new Set<pg.Client>()
  pool.on('connect', client => {
    pooled.add(client)
    client.on('error', () => {})
  })
  pool.on('remove', client => pooled.delete(client))
  const within = async <T>(
    begin: string,
    tenants: readonly string[],
    work: (client: pg.PoolClient) => Promise<T>,
  ): Promise<T> => {
    const client = await pool.connect()
    let broken: Error | undefined
    try {
      await client.query(beginFor(begin, tenants))
      const result = await work(client)
      await client.query('commit')
      return result
    } catch (error) {
      await client.query('rollback').catch((reason: Error) => {
        broken = reason
      })
      throw error
    } finally {
      client.release(broken)
    }
  }
  return {
    address,
    role,
    // Only here does a connection become a transaction.
    transaction: (tenants, work) => within(readWrite, tenants, client => work(client as unknown as Tx)),
    read: (tenants, work) => within(readOnly, tenants, work),
    async connect(options = {}) {
      const more = (options.settings ?? []).map(setting => `-c ${setting}`)
      const client = new pg.Client({
        ...clientConfig(address, role, more),
        ...(options.pipeline ? { pipeline: true } : {}),
      } as pg.ClientConfig)
      client.on('error', () => {})
      client.on('end', () => apart.delete(client))
      await client.connect()
      apart.add(client)
      return client
    },
    async ping() {
      await pool.query('select 1')
    },
    async [Symbol.asyncDispose]() {
      // What waits for a lock that nobody releases waits no longer; connections that nobody ended go too.
      const patience = setTimeout(() => pooled.forEach(cut), longestEndMs)
      await pool.end()
      clearTimeout(patience)
      apart.forEach(cut)
    },
  }
}

/** Whatever is under way on it, and whether or not its other end answers. */
const cut = (client: pg.ClientBase): void =>
  void (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream.destroy()
