import pg from 'pg'
import { actCounts } from './act-counts.ts'
import type { Batch } from './batch-rows.ts'
import type { Database } from './db.ts'
import { recordStatement } from './record-batch.ts'

/** The line's own connections: each write is one prepared statement, which is one transaction. */
export interface Writer extends AsyncDisposable, ReceiptChains {
  /** @returns `tenant\nevent_id` of every event that was not written. @throws WriteClash, or the driver's error. */
  write(batch: Batch): Promise<ReadonlySet<string>>
}

/** The chains of receipts that this process adds to. */
export interface ReceiptChains {
  /** By chain id the tenants whose chain may have grown since the last call: what is to be signed. */
  takeGrown(): ReadonlyMap<string, ReadonlySet<string>>
}

/** A unique key other than the event's own was taken: a case id. Nothing was written. */
export class WriteClash extends Error {}

/** Something may no longer be done by itself, or may now: nothing was written, and the batch must be decided anew. */
export class MovedOn extends Error {}

/** What the batch would do by itself does not fit under a cap any more: nothing was written, and it must be decided anew. */
export class NoRoom extends Error {}

/** Unique violation; and a deadlock, which two batches that open each other's cases in another order may come to. */
const clashes = new Set(['23505', '40P01'])

export interface WriterOptions {
  /** Writes that may be under way at once, each on a connection of its own. */
  readonly connections?: number
  /** `off` only where the data can be made again (replay). */
  readonly synchronousCommit?: 'on' | 'off'
  /** The id of a new chain of receipts, one for each connection that is opened; left out: no receipts are kept. */
  readonly newChain?: (() => string) | undefined
}

// The statement is planned once, while the tables may be empty, and kept: these settings make that plan the one that
// also fits a large table (index probes and hash joins; with nested loops 1,000 rows were slower than 2 x 500).
const planSettings = [
  'plan_cache_mode=force_generic_plan',
  'enable_seqscan=off',
  'enable_nestloop=off',
  'enable_mergejoin=off',
  'jit=off',
]

// No commit merges new words into the search index: a connection of its own does, in large lots (merge-search-words.ts). The
// limit is for the day on which that one stands still.
const searchSettings = ['gin_pending_list_limit=65536']
// Bulk loads do not wait for the disk.
const bulkSettings = ['synchronous_commit=off']

interface Connection {
  readonly client: pg.Client
  readonly chain: string | undefined
  /** The tenants this connection's row-level policy admits at present. */
  tenants: string
  broken: boolean
}

/** A place for one write at a time. Its connection is replaced as a whole: what is said of a lost one is not said of the next. */
interface Seat {
  connection: Connection
}

export async function openWriter(db: Database, options: WriterOptions = {}): Promise<Writer> {
  const { connections = 2, synchronousCommit = 'on', newChain } = options
  let grown = new Map<string, Set<string>>()
  const open = async (): Promise<Connection> => {
    const client = await db.connect({
      pipeline: true,
      settings: [...planSettings, ...searchSettings, ...(synchronousCommit === 'off' ? bulkSettings : [])],
    })
    const connection: Connection = { client, chain: newChain?.(), tenants: '', broken: false }
    const lost = (): void => {
      connection.broken = true
    }
    client.on('error', lost)
    client.on('end', lost)
    return connection
  }
  const idle: Seat[] = await Promise.all(
    Array.from({ length: connections }, async () => ({ connection: await open() })),
  )
  const waiting: ((seat: Seat) => void)[] = []
  const lend = (): Promise<Seat> => {
    const seat = idle.pop()
    return seat !== undefined ? Promise.resolve(seat) : new Promise(resolve => waiting.push(resolve))
  }
  const giveBack = (seat: Seat): void => {
    const next = waiting.shift()
    if (next !== undefined) next(seat)
    else idle.push(seat)
  }

  return {
    async write(batch) {
      const seat = await lend()
      try {
        if (seat.connection.broken) {
          await seat.connection.client.end().catch(() => undefined)
          seat.connection = await open()
        }
        return await writeOn(seat.connection, batch)
      } finally {
        // Also of a write that failed: whether a lost one was committed is not known.
        if (seat.connection.chain !== undefined) noteGrowth(grown, seat.connection.chain, batch)
        giveBack(seat)
      }
    },
    takeGrown() {
      const taken = grown
      grown = new Map()
      return taken
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(idle.splice(0).map(({ connection }) => connection.client.end()))
    },
  }
}

function noteGrowth(grown: Map<string, Set<string>>, chain: string, { decisions, outcomes }: Batch): void {
  let tenants = grown.get(chain)
  if (tenants === undefined) {
    tenants = new Set()
    grown.set(chain, tenants)
  }
  for (const { tenant } of decisions) tenants.add(tenant)
  for (const { tenant } of outcomes) tenants.add(tenant)
}

async function writeOn(connection: Connection, batch: Batch): Promise<ReadonlySet<string>> {
  const tenants = [...new Set(batch.keys.map(key => key.tenant))].sort().join(',')
  try {
    // Both messages travel together: the pipeline sends the second without waiting for the first.
    const admitted =
      connection.tenants === tenants
        ? null
        : connection.client.query({
            name: 'admit',
            text: `select set_config('surety.tenants', $1, false)`,
            values: [tenants],
          })
    connection.tenants = tenants
    const written = connection.client.query<[string | null, string | null]>({
      ...recordStatement(batch, connection.chain),
      rowMode: 'array',
    })
    if (admitted !== null) await Promise.all([admitted, written])
    const { rows } = await written
    if (rows.some(([tenant]) => tenant === null)) throw new MovedOn('the autonomy of a tenant has changed')
    return new Set(rows.map(([tenant, eventId]) => `${tenant}\n${eventId}`))
  } catch (error) {
    connection.tenants = ''
    if (isClash(error)) throw new WriteClash('a case id was taken')
    if (isNoRoom(error)) throw new NoRoom('a cap is reached')
    throw error
  }
}

function isClash(error: unknown): boolean {
  return error instanceof Error && 'code' in error && clashes.has(String(error.code))
}

/** The count that would pass its cap, as `record-batch.ts` has it refused. */
function isNoRoom(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '23502' && error.table === actCounts.name
}
