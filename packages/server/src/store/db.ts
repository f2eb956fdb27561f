import type { Socket } from 'node:net'
import pg from 'pg'
import { ownClient } from './own-client.ts'

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

/** Where connections go, and as whom they work there; null: as whoever logs in. */
export interface Login {
  readonly address: DbAddress
  readonly role: string | null
}

/** Who makes, changes and drops tables. */
export type Owner = Pick<Database, 'transaction' | 'connect'>

export interface Database extends AsyncDisposable {
  readonly address: DbAddress
  /** The plain role that all our connections use. */
  readonly role: string | null
  /** The owner of the tables: over a connection for each call where that is another login, else the same as here. */
  readonly owner: Owner
  /** Runs `work` in one transaction that sees only the rows of `tenants`. Rolls back when it throws. */
  transaction<T>(tenants: readonly string[], work: (tx: Tx) => Promise<T>): Promise<T>
  /** The same for reading alone: one snapshot of the data, and the server refuses every write. */
  read<T>(tenants: readonly string[], work: (reader: Reader) => Promise<T>): Promise<T>
  /** A connection of its own, for LISTEN and for the writers of the line. The caller ends it. */
  connect(options?: ConnectOptions): Promise<pg.Client>
  /** @throws where the server does not answer, or takes no writes */
  ping(): Promise<void>
  /** Milliseconds since anything was heard of the server, on whatever connection. */
  quietMs(): number
  /**
   * The server says nothing any more, and no connection is of use. What is under way fails as an outage, and so does at once what is
   * asked for from now on, but for connections that `probe`; until `resume`.
   */
  suspend(): void
  resume(): void
}

export interface ConnectOptions {
  readonly pipeline?: boolean
  readonly settings?: readonly string[]
  /** To learn whether the server is there again: tried while everybody else is refused, and given up after so many milliseconds. */
  readonly probe?: { readonly waitMs: number }
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
/** The server ends a statement at its limit and says so. Where nothing was heard for this much longer the connection is gone. */
const silentMs = 5_000
/** Locks of a process that is gone without a word are released after this long. */
const idleInTransactionMs = 60_000
/** So that no router between forgets a connection that is quiet for a night: the next statement would wait for a connection that is none. */
const keepAliveMs = 30_000
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
  const wait = {
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    query_timeout: longestQueryMs(settings),
  }
  return { ...place, ...wait, types, options: settings.join(' '), application_name: 'surety' } as pg.ClientConfig
}

/** By the limit that holds on the server, the last that is set; 0: none. */
function longestQueryMs(settings: readonly string[]): number {
  const set = settings.findLast(setting => setting.startsWith('-c statement_timeout='))
  const [, number = '0', unit] = /=(\d+)(ms|s|min)?$/.exec(set ?? '') ?? []
  const limitMs = Number(number) * (unit === 'min' ? 60_000 : unit === 's' ? 1_000 : 1)
  return limitMs === 0 ? 0 : limitMs + silentMs
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

/**
 * Opens a pool. `role` is set on every connection when the login itself would bypass row-level security.
 * @param owner of the tables, where that is another login
 */
export function openDatabase(
  address: DbAddress,
  role: string | null,
  poolSize = 8,
  owner: Login | null = null,
): Database {
  const quiet = watchQuiet()
  const pooled = new Set<pg.ClientBase>()
  const apart = new Set<pg.ClientBase>()
  const pool = new pg.Pool({
    ...clientConfig(address, role, [`-c idle_in_transaction_session_timeout=${idleInTransactionMs}`]),
    max: poolSize,
    idleTimeoutMillis: 30_000,
    // One that is being connected takes a place, too, and must be cut with the others.
    Client: class extends pg.Client {
      constructor(config?: pg.ClientConfig) {
        super(config)
        pooled.add(this)
        this.once('end', () => pooled.delete(this))
      }
    },
  })
  // A connection that breaks is replaced by the pool; without listeners the process would end. The pool listens only to
  // idle ones: one that breaks between two queries of a transaction fails the next query, and that is told there.
  pool.on('error', () => {})
  pool.on('connect', client => {
    quiet.listen(client)
    client.on('error', () => {})
  })
  const silence = suspension()
  const stale = new WeakSet<pg.ClientBase>()
  const lend = async (): Promise<pg.PoolClient> => {
    for (;;) {
      // Without a wait where nothing is wrong: whoever asked before the pool is closed has asked before it.
      const refused = silence.refuse()
      if (refused !== null) await refused
      const client = await silence.unless(pool.connect(), late => late.release())
      if (!stale.has(client)) return client
      client.release(true)
    }
  }
  /** Others of its age are as unfit: sessions that only read do so until they end. */
  const giveBack = (client: pg.PoolClient, unfit: Error | undefined): void => {
    if (unfitFor(unfit) !== undefined) for (const one of pooled) stale.add(one)
    client.release(unfit)
  }
  const within = async <T>(
    begin: string,
    tenants: readonly string[],
    work: (client: pg.PoolClient) => Promise<T>,
  ): Promise<T> => {
    const client = await lend()
    let unfit: Error | undefined
    try {
      await client.query(beginFor(begin, tenants))
      const result = await work(client)
      await client.query('commit')
      return result
    } catch (error) {
      unfit = unfitFor(error)
      if (unfit === undefined)
        await client.query('rollback').catch((reason: Error) => {
          unfit = reason
        })
      throw error
    } finally {
      giveBack(client, unfit)
    }
  }
  const connectAs = async (login: Login, { pipeline, settings = [], probe }: ConnectOptions): Promise<pg.Client> => {
    const refused = probe === undefined ? silence.refuse() : null
    if (refused !== null) await refused
    const config = clientConfig(
      login.address,
      login.role,
      settings.map(setting => `-c ${setting}`),
    )
    const wait = probe === undefined ? {} : { connectionTimeoutMillis: probe.waitMs }
    const client = ownClient({ ...config, ...wait, ...(pipeline ? { pipeline } : {}) } as pg.ClientConfig)
    client.on('end', () => apart.delete(client))
    // One that probes is there to find the server again, and is ended by whoever does so.
    if (probe === undefined) apart.add(client)
    await client.connect().catch((error: unknown) => {
      apart.delete(client)
      throw error
    })
    apart.add(client)
    quiet.listen(client)
    return client
  }
  const plain: Owner = {
    // Only here and in `ownerOver` does a connection become a transaction.
    transaction: (tenants, work) => within(readWrite, tenants, client => work(client as unknown as Tx)),
    connect: (options = {}) => connectAs({ address, role }, options),
  }
  return {
    ...plain,
    address,
    role,
    owner: owner === null ? plain : ownerOver((options = {}) => connectAs(owner, options)),
    read: (tenants, work) => within(readOnly, tenants, work),
    async ping() {
      const client = await lend()
      let unfit: Error | undefined
      try {
        const { rows } = await client.query(`select current_setting('transaction_read_only') as read_only`)
        if (rows[0]?.read_only === 'on')
          throw Object.assign(new Error('the database takes no writes at present'), { code: takesNoWrites })
      } catch (error) {
        unfit = error as Error
        throw error
      } finally {
        giveBack(client, unfit)
      }
    },
    quietMs: quiet.ms,
    suspend() {
      silence.begin()
      pooled.forEach(cut)
      apart.forEach(cut)
    },
    resume: silence.end,
    async [Symbol.asyncDispose]() {
      // What waits for a lock that nobody releases waits no longer; connections that nobody ended go too.
      const patience = setTimeout(() => pooled.forEach(cut), longestEndMs)
      await pool.end()
      clearTimeout(patience)
      apart.forEach(cut)
    },
  }
}

/** Rarely asked for, so that none of its connections stays: what is open can be used by whoever gets into this process. */
function ownerOver(connect: Owner['connect']): Owner {
  return {
    connect,
    async transaction(tenants, work) {
      const client = await connect()
      try {
        await client.query(beginFor(readWrite, tenants))
        const result = await work(client as unknown as Tx)
        await client.query('commit')
        return result
      } finally {
        // With it goes what was not committed.
        await client.end()
      }
    },
  }
}

/** SQLSTATE of a session that only reads. It does so until it ends, also where the server takes writes again. */
export const takesNoWrites = '25006'

/** What leaves a connection of no use: nothing more is asked on it, not even a rollback, and it is replaced. */
export function unfitFor(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error ? error.code : undefined
  return code === takesNoWrites || error.message === 'Query read timeout' ? error : undefined
}

/** When the server was last heard. */
function watchQuiet() {
  let heard = performance.now()
  return {
    ms: () => performance.now() - heard,
    listen(client: pg.ClientBase): void {
      heard = performance.now()
      streamOf(client).on('data', () => {
        heard = performance.now()
      })
    },
  }
}

/** Who waits for a connection while the server is silent waits no longer. */
function suspension() {
  const waiting = new Set<(error: Error) => void>()
  let silent = false
  // 08006: the connection has failed.
  const failure = (): Error => Object.assign(new Error('the database does not answer'), { code: '08006' })
  return {
    /** null: go on. */
    refuse: (): Promise<never> | null => (silent ? Promise.reject(failure()) : null),
    unless: <T>(asked: Promise<T>, giveBack: (late: T) => void): Promise<T> =>
      new Promise((resolve, reject) => {
        waiting.add(reject)
        asked.then(
          got => (waiting.delete(reject) ? resolve(got) : giveBack(got)),
          error => {
            waiting.delete(reject)
            reject(error)
          },
        )
      }),
    begin(): void {
      silent = true
      for (const reject of waiting) reject(failure())
      waiting.clear()
    },
    end(): void {
      silent = false
    },
  }
}

const streamOf = (client: pg.ClientBase): Socket =>
  (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream

/** Whatever is under way on it, and whether or not its other end answers. */
const cut = (client: pg.ClientBase): void => void streamOf(client).destroy()
