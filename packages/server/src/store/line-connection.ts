import type pg from 'pg'
import type { Batch } from './batch-rows.ts'
import { type Database, unfitFor } from './db.ts'

/** A connection of the line's own. */
export interface LineConnection {
  readonly client: pg.Client
  /** Id of the chain of receipts that it adds to. */
  readonly chain: string | undefined
  /** The tenants this connection's row-level policy admits at present. */
  tenants: string
  broken: boolean
  readonly synced: boolean
}

export interface LineOptions {
  /** false: a commit waits for no disk, because the data can be made again. Asked before each write; left out: it waits. */
  readonly synced?: () => boolean
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
// Who asks waits for the answer: what takes this long is told as an outage. A history is in no hurry.
const liveSettings = ['statement_timeout=10s', 'idle_in_transaction_session_timeout=20s']
// Bulk loads do not wait for the disk.
const bulkSettings = ['synchronous_commit=off']

/** A place for one write at a time. Its connection is replaced as a whole: what is said of a lost one is not said of the next. */
export interface Seat {
  /** The connection that stands, or a new one in its place. */
  connection(): Promise<LineConnection>
  close(): Promise<void>
}

/** Opens nothing before it is asked. */
export function seatOf(
  db: Database,
  { synced = () => true, newChain }: LineOptions,
  more: readonly string[] = [],
): Seat {
  let current: LineConnection | null = null
  return {
    async connection() {
      const waits = synced()
      if (current !== null && !current.broken && current.synced === waits) return current
      await current?.client.end().catch(() => undefined)
      const settings = [...planSettings, ...searchSettings, ...(waits ? liveSettings : bulkSettings), ...more]
      const client = await db.connect({ pipeline: true, settings })
      const opened: LineConnection = { client, chain: newChain?.(), tenants: '', broken: false, synced: waits }
      const lost = (): void => {
        opened.broken = true
      }
      client.on('error', lost)
      client.on('end', lost)
      current = opened
      return opened
    },
    async close() {
      await current?.client.end()
    },
  }
}

/** Notes of a connection that it is of no use any more, where an error says so. */
export function noteUnfit(connection: LineConnection, error: unknown): void {
  if (unfitFor(error) !== undefined) connection.broken = true
}

/** Lets the connection see the rows of these tenants, separated by commas. Travels with what is asked next; null: it does already. */
export function admit(connection: LineConnection, tenants: string): Promise<unknown> | null {
  if (connection.tenants === tenants) return null
  connection.tenants = tenants
  return connection.client.query({
    name: 'admit',
    text: `select set_config('surety.tenants', $1, false)`,
    values: [tenants],
  })
}

/** The chains of receipts that this process adds to. */
export interface ReceiptChains {
  /** By chain id the tenants whose chain may have grown since the last call: what is to be signed. */
  takeGrown(): ReadonlyMap<string, ReadonlySet<string>>
}

export interface GrownChains extends ReceiptChains {
  note(chain: string | undefined, batch: Pick<Batch, 'decisions' | 'outcomes' | 'reactivations'>): void
}

export function grownChains(): GrownChains {
  let grown = new Map<string, Set<string>>()
  return {
    note(chain, { decisions, outcomes, reactivations }) {
      if (chain === undefined) return
      let tenants = grown.get(chain)
      if (tenants === undefined) {
        tenants = new Set()
        grown.set(chain, tenants)
      }
      for (const { tenant } of decisions) tenants.add(tenant)
      for (const { tenant } of outcomes) tenants.add(tenant)
      for (const { tenant } of reactivations) tenants.add(tenant)
    },
    takeGrown() {
      const taken = grown
      grown = new Map()
      return taken
    },
  }
}
