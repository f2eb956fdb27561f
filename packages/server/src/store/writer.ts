import type { Batch } from './batch-rows.ts'
import type { Database } from './db.ts'
import {
  admit,
  grownChains,
  type LineConnection,
  type LineOptions,
  noteUnfit,
  type ReceiptChains,
  type Seat,
  seatOf,
} from './line-connection.ts'
import { recordStatement } from './record-batch.ts'
import { type Compute, lockSettings, type StatePlan, writeHeld } from './state-batch.ts'
import { MovedOn, meaningOf } from './write-errors.ts'

/** The line's own connections. */
export interface Writer extends AsyncDisposable, ReceiptChains {
  /**
   * One prepared statement, which is one transaction.
   * @returns `tenant\nevent_id` of every event that was not written. @throws WriteClash, NoRoom, MovedOn, or the driver's error.
   */
  write(batch: Batch): Promise<ReadonlySet<string>>
  /** A batch that holds the groups of its events, one after another: see `writeHeld`. */
  writeHeld<Asked, Done>(plan: StatePlan<Asked>, compute: Compute<Asked, Done>): Promise<Done | 'again'>
}

export interface WriterOptions extends LineOptions {
  /** Writes that may be under way at once, each on a connection of its own. */
  readonly connections?: number
}

export async function openWriter(db: Database, options: WriterOptions = {}): Promise<Writer> {
  const { connections = 2 } = options
  const grown = grownChains()
  const seats = Array.from({ length: connections }, () => seatOf(db, options))
  await Promise.all(seats.map(seat => seat.connection()))
  const idle = [...seats]
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
  const holding = seatOf(db, options, lockSettings)
  const known = new Set<string>()
  // A second batch would take the events of one group out of their order, and would wait for the first.
  let last: Promise<unknown> = Promise.resolve()

  return {
    async write(batch) {
      const seat = await lend()
      try {
        const connection = await seat.connection()
        try {
          return await writeOn(connection, batch)
        } finally {
          // Also of a write that failed: whether a lost one was committed is not known.
          grown.note(connection.chain, batch)
        }
      } finally {
        giveBack(seat)
      }
    },
    writeHeld(plan, compute) {
      const write = async () => {
        const connection = await holding.connection()
        return writeHeld({ connection, known, wrote: batch => grown.note(connection.chain, batch) }, plan, compute)
      }
      const done = last.then(write, write)
      last = done
      return done
    },
    takeGrown: grown.takeGrown,
    async [Symbol.asyncDispose]() {
      await Promise.all([...idle.splice(0), holding].map(seat => seat.close()))
    },
  }
}

async function writeOn(connection: LineConnection, batch: Batch): Promise<ReadonlySet<string>> {
  const tenants = [...new Set(batch.keys.map(key => key.tenant))].sort().join(',')
  try {
    // Made before anything is asked: what cannot be written must leave no question behind that nobody waits for.
    const statement = recordStatement(batch, connection.chain)
    // Both messages travel together: the pipeline sends the second without waiting for the first.
    const admitted = admit(connection, tenants)
    const written = connection.client.query<[string | null, string | null]>({ ...statement, rowMode: 'array' })
    if (admitted !== null) await Promise.all([admitted, written])
    const { rows } = await written
    if (rows.some(([tenant]) => tenant === null)) throw new MovedOn('the autonomy of a tenant has changed')
    return new Set(rows.map(([tenant, eventId]) => `${tenant}\n${eventId}`))
  } catch (error) {
    connection.tenants = ''
    noteUnfit(connection, error)
    throw meaningOf(error)
  }
}
