import type { EventResult, RawEvent } from '@surety/contract'
import { Problem } from '../errors.ts'
import type { Arrival } from './item.ts'

/**
 * Group commit: events that arrive while a batch is being written are the next batch. An idle intake queue hands over at once,
 * so one event waits for nobody, and while a batch is under way a second one starts when it is worth it. Ticks go last, so that
 * whatever came before them is known. The queue is bounded; beyond it the caller is told to come back, and nothing is lost.
 */
export interface Intake {
  submit(event: RawEvent): Promise<EventResult>
  submitMany(events: readonly RawEvent[]): Promise<readonly EventResult[]>
  /** Events taken in and not yet answered. */
  readonly pending: number
  /** Resolves when everything that was taken in has been through the line; nothing more is taken in. */
  drain(): Promise<void>
  /** Nobody waits any longer: what is not on its way is refused, what is on its way is answered as an outage is. */
  giveUp(): void
}

export interface IntakeOptions {
  /**
   * `earlier`: ends with the batches that were under way before this one; null when there were none.
   * `told`: of results that are known before those of the whole batch.
   */
  readonly run: (
    arrivals: readonly Arrival[],
    earlier: Promise<unknown> | null,
    told: (place: number, result: EventResult) => void,
  ) => Promise<readonly EventResult[]>
  readonly now: () => Date
  readonly monotonicMs: () => number
  readonly maxBatch?: number
  readonly maxQueued?: number
  /** Batches under way at once: while one waits for the database the next one is computed. */
  readonly maxInFlight?: number
  /** Events of one lot (a tenant and pod) walk by themselves and one batch at a time; null: with whatever comes. Left out: all do. */
  readonly lotOf?: (raw: RawEvent) => string | null
  /** So many must wait before a batch starts beside another: small ones cost the database more than they save the caller. */
  readonly leastBeside?: number
}

interface Waiting {
  readonly raw: RawEvent
  readonly startedMs: number
  readonly resolve: (eventResult: EventResult) => void
  readonly reject: (error: unknown) => void
}

/** So many ticks walk together: whoever comes after them does not wait long. */
export const mostTicks = 20

export function createIntake(options: IntakeOptions): Intake {
  const { run, now, monotonicMs, maxBatch = 200, maxQueued = 5_000, maxInFlight = 2, leastBeside = 16 } = options
  const { lotOf = () => null } = options
  let queue: Waiting[] = []
  /** What waits of each lot; the first is the next one's turn. */
  const lots = new Map<string, Waiting[]>()
  let inLots = 0
  let ticks: Waiting[] = []
  /** A second one would take the events of a group out of their order. */
  let lotUnderWay: readonly Waiting[] | null = null
  let lotScheduled = false
  const running = new Map<Promise<void>, readonly Waiting[]>()
  let unanswered = 0
  let scheduled = false
  let closed = false
  let onIdle: (() => void) | null = null

  const mayStart = (): boolean => queue.length >= (running.size === 0 ? 1 : leastBeside) && running.size < maxInFlight
  const schedule = (): void => {
    if (scheduled || !mayStart()) return
    scheduled = true
    // setImmediate lets all requests that are already in the socket buffers join this batch.
    setImmediate(flush)
  }
  const flush = (): void => {
    scheduled = false
    if (!mayStart()) return
    const batch = queue.length <= maxBatch ? queue : queue.slice(0, maxBatch)
    queue = queue.length <= maxBatch ? [] : queue.slice(maxBatch)
    const earlier = running.size === 0 ? null : Promise.all(running.keys())
    const under: Promise<void> = runBatch(batch, earlier).then(() => {
      running.delete(under)
      ended(batch)
      schedule()
      scheduleLot()
    })
    running.set(under, batch)
    schedule()
    scheduleLot()
  }
  // What is left in the queue then waits for company, and not for its turn.
  const ticksMayGo = (): boolean => ticks.length > 0 && lots.size === 0 && !mayStart() && queue.length < leastBeside
  const scheduleLot = (): void => {
    if (lotScheduled || lotUnderWay !== null || !(lots.size > 0 || ticksMayGo())) return
    lotScheduled = true
    setImmediate(flushLot)
  }
  const flushLot = (): void => {
    lotScheduled = false
    const batch = nextLot() ?? (ticksMayGo() ? nextTicks() : null)
    if (batch === null) return
    lotUnderWay = batch
    void runBatch(batch, null).then(() => {
      lotUnderWay = null
      ended(batch)
      scheduleLot()
    })
  }
  const nextLot = (): readonly Waiting[] | null => {
    const [next] = lots
    if (next === undefined) return null
    const [lot, waiting] = next
    lots.delete(lot)
    if (waiting.length > maxBatch) lots.set(lot, waiting.slice(maxBatch))
    const batch = waiting.slice(0, maxBatch)
    inLots -= batch.length
    return batch
  }
  const nextTicks = (): readonly Waiting[] => {
    const lot = lotOf(ticks[0]!.raw)
    const batch = ticks.filter(({ raw }) => lotOf(raw) === lot).slice(0, mostTicks)
    ticks = ticks.filter(one => !batch.includes(one))
    return batch
  }
  const ended = (batch: readonly Waiting[]): void => {
    unanswered -= batch.length
    if (unanswered === 0 && onIdle !== null) onIdle()
  }
  const runBatch = async (batch: readonly Waiting[], earlier: Promise<unknown> | null): Promise<void> => {
    const at = now()
    try {
      const eventResults = await run(
        batch.map(({ raw, startedMs }) => ({ raw, at, startedMs })),
        earlier,
        (place, result) => batch[place]!.resolve(result),
      )
      for (let i = 0; i < batch.length; i++) batch[i]!.resolve(eventResults[i]!)
    } catch (error) {
      for (const waiting of batch) waiting.reject(error)
    }
  }
  const line = (raw: RawEvent): Waiting[] => {
    if (raw.tick === true) return ticks
    const lot = lotOf(raw)
    if (lot === null) return queue
    inLots++
    const waiting = lots.get(lot) ?? []
    lots.set(lot, waiting)
    return waiting
  }
  const take = (raw: RawEvent): Promise<EventResult> => {
    unanswered++
    return new Promise((resolve, reject) => line(raw).push({ raw, startedMs: monotonicMs(), resolve, reject }))
  }
  const admit = (count: number): void => {
    if (closed) throw closing()
    if (queue.length + inLots + ticks.length + count > maxQueued)
      throw new Problem('overloaded', undefined, { retryAfterSeconds: 1 })
  }

  return {
    async submit(event) {
      admit(1)
      const eventResult = take(event)
      schedule()
      scheduleLot()
      return eventResult
    },
    async submitMany(events) {
      admit(events.length)
      const eventResults = events.map(take)
      schedule()
      scheduleLot()
      return Promise.all(eventResults)
    },
    get pending() {
      return unanswered
    },
    drain() {
      closed = true
      return unanswered === 0 ? Promise.resolve() : new Promise(resolve => (onIdle = resolve))
    },
    giveUp() {
      closed = true
      const refused = [...queue, ...[...lots.values()].flat(), ...ticks]
      queue = []
      ticks = []
      lots.clear()
      inLots = 0
      unanswered -= refused.length
      for (const { reject } of refused) reject(closing())
      // It may be written yet, or not: the same id again answers what became of it.
      for (const batch of [...running.values(), lotUnderWay ?? []])
        for (const { reject } of batch) reject(new Problem('storage_unavailable', undefined, { retryAfterSeconds: 2 }))
    },
  }
}

const closing = (): Problem =>
  new Problem('overloaded', 'The service is shutting down; nothing was accepted.', { retryAfterSeconds: 2 })
