import type { EventResult } from '@surety/contract'
import type { Standing } from './checkpoint.ts'
import { ReplayError } from './replay-error.ts'
import type { Timed } from './timeline.ts'
import type { VirtualArrival, World } from './world.ts'

/** Takes a history in, in order of its time: batches are cut by count, and by virtual time where something may be done. */
export interface HistoryIntake {
  /** The next event; a promise when it must be waited for before the next one. */
  add(event: Timed): Promise<void> | null
  /** What is at hand goes on its way. After a stop it is dropped, not cut: the next run makes the very same batch. */
  send(): Promise<void>
  /** Resolves when nothing is under way. @throws ReplayError for a row that the line refused, or what failed */
  drain(): Promise<void>
  /** The same, whatever failed. */
  end(): Promise<void>
}

export interface HistoryIntakeOptions {
  readonly batchSize: number
  readonly monotonicMs: () => number
  readonly stopped: () => boolean
  readonly onFirst?: (eventResult: EventResult) => void
  /** It is in the batch at hand. */
  readonly onTaken: (event: Timed) => void
  /** All that was taken is on its way; its last event is of this moment. */
  readonly onSent: (at: number) => Promise<void> | null
}

/** While one batch waits for the database the next one is computed. */
const mostUnderWay = 2
/** What is to be done is done within this time of the history. */
const longestSpanMs = 3_600_000

export function historyIntake(world: World, state: Standing, options: HistoryIntakeOptions): HistoryIntake {
  const { batchSize, monotonicMs, stopped } = options
  const underWay: Promise<void>[] = []
  let failure: unknown = null
  let batch: Timed[] = []
  /** The first moment of an event that does not belong in the batch at hand. */
  let endsAt = Number.POSITIVE_INFINITY

  const settleTo = async (most: number): Promise<void> => {
    while (underWay.length > most) await underWay.shift()
    if (failure !== null) throw failure
  }
  const run = async (events: readonly Timed[], first: number, isFirst: boolean): Promise<void> => {
    const startedMs = monotonicMs()
    const arrivals = events.map(({ raw, at }, i): VirtualArrival => {
      return { raw, at: new Date(at), startedMs, ordinal: first + i }
    })
    const eventResults = await world.run(arrivals)
    checkResults(eventResults, events)
    if (isFirst && eventResults[0] !== undefined) options.onFirst?.(eventResults[0])
    if (!eventResults.some(actedUpon)) return
    state.acted = true
    await world.perform(arrivals.at(-1)!.at)
  }
  const send = async (): Promise<void> => {
    if (batch.length === 0 || stopped()) return
    const alone = world.inOrder || state.acted || world.mayAct()
    await settleTo(alone ? 0 : mostUnderWay - 1)
    const events = batch
    batch = []
    endsAt = Number.POSITIVE_INFINITY
    if (state.acted) await world.perform(new Date(events[0]!.at))
    const last = events.at(-1)!.at
    world.setClock(new Date(last))
    const running = run(events, state.events, state.batches++ === 0).catch(error => {
      failure ??= error
    })
    const asked = events.filter(({ asks }) => asks).length
    state.events += events.length
    state.decisions += asked
    state.outcomes += events.length - asked
    underWay.push(running)
    await options.onSent(last)
  }
  const take = (event: Timed): void => {
    if (batch.length === 0) endsAt = event.at + (world.mayAct() ? longestSpanMs : Number.POSITIVE_INFINITY)
    // An answer ends what may still be done about its case, so what was decided in this batch is done first.
    if (endsAt < Number.POSITIVE_INFINITY && event.asks) endsAt = Math.min(endsAt, event.answerAt)
    batch.push(event)
    options.onTaken(event)
  }
  const sendThenTake = async (event: Timed): Promise<void> => {
    await send()
    if (!stopped()) take(event)
  }
  return {
    add(event) {
      if (batch.length > 0 && event.at >= endsAt) return sendThenTake(event)
      take(event)
      return batch.length >= batchSize ? send() : null
    },
    send,
    drain: () => settleTo(0),
    async end() {
      await Promise.all(underWay)
    },
  }
}

/** Acts are to be done; a case that is left alone, as a clear may leave it, has none. */
const actedUpon = (eventResult: EventResult): boolean =>
  eventResult.status === 'recorded' &&
  eventResult.decisions.some(({ automatic, state }) => automatic && state === 'acted')

function checkResults(eventResults: readonly EventResult[], events: readonly Timed[]): void {
  for (const [at, eventResult] of eventResults.entries()) {
    if (eventResult.status !== 'rejected') continue
    const row = events[at]?.row ?? null
    const why = eventResult.errors?.map(error => error.message).join(' ') ?? eventResult.detail ?? eventResult.code
    throw new ReplayError('row_refused', `Row ${row} was refused by the line: ${why}`, row)
  }
}
