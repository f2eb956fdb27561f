import type { EventResult, RawEvent } from '@surety/contract'
import type { Checkpoint } from './checkpoint.ts'
import { afterNights, isWorthRunning, labelsToCertify, nightAfter, nightsUntil } from './nights.ts'
import { ReplayError } from './replay-error.ts'
import { timeline } from './timeline.ts'
import type { HistorySource, NightVerdict, VirtualArrival, World } from './world.ts'

export interface ReplayOptions {
  /** Where to begin: the start, or what an interrupted replay left. */
  readonly from: Checkpoint
  readonly monotonicMs: () => number
  /** Reading of the clock at which the work on the history began. */
  readonly startedMs: number
  readonly signal?: AbortSignal
  readonly batchSize?: number
  readonly onProgress?: (progress: Progress) => void
  readonly onFirst?: (eventResult: EventResult) => void
  readonly onNight?: (night: NightVerdict) => void
}

export interface Progress {
  readonly share: number
  readonly events: number
  /** Virtual moment, epoch milliseconds. */
  readonly at: number
  readonly learning: boolean
  readonly nights: number
}

/** `finished: false`: it was interrupted; the checkpoint is saved and the same call goes on from there. */
export interface Replayed {
  readonly finished: boolean
  readonly state: Checkpoint
}

const checkpointEvery = 20_000
const inFlightAtOnce = 2

/** Pushes a history through the line on its virtual clock; nights happen at their hour, answers when they came. */
export async function replayHistory(source: HistorySource, world: World, options: ReplayOptions): Promise<Replayed> {
  const { from, monotonicMs, signal, batchSize = 300 } = options
  const state = { ...from, nights: [...from.nights] }
  const inFlight: Promise<void>[] = []
  let failure: unknown = null
  let batch: VirtualArrival[] = []
  let rows: number[] = []
  let pendingAnswers = 0
  let skip = from.events
  let share = 0
  let saved = state.events
  let learningMs = 0
  const stopped = () => signal?.aborted === true

  const settle = async (): Promise<void> => {
    await inFlight.shift()
    if (failure !== null) throw failure
  }
  const drain = async (): Promise<void> => {
    while (inFlight.length > 0) await settle()
  }
  const current = (): Checkpoint => ({
    ...state,
    serving: world.serving(),
    lineSeconds: from.lineSeconds + (monotonicMs() - options.startedMs - learningMs) / 1000,
    learningSeconds: from.learningSeconds + learningMs / 1000,
  })
  const save = async (): Promise<void> => {
    await drain()
    saved = state.events
    await world.saveCheckpoint(JSON.stringify(current()))
  }
  const tell = (at: number, learning: boolean): void =>
    options.onProgress?.({ share, events: state.events, at, learning, nights: state.nightsRun })

  const add = (raw: RawEvent, at: number, row: number, asks: boolean): void => {
    batch.push({ raw, at: new Date(at), startedMs: 0 })
    rows.push(row)
    if (!asks) pendingAnswers++
  }
  // After a stop the batch at hand is dropped, not cut: the next run makes the very same one.
  const send = async (): Promise<void> => {
    if (batch.length === 0 || stopped()) return
    if (inFlight.length >= inFlightAtOnce) await settle()
    const [arrivals, numbers] = [batch, rows]
    state.events += arrivals.length
    state.outcomes += pendingAnswers
    state.decisions += arrivals.length - pendingAnswers
    batch = []
    rows = []
    pendingAnswers = 0
    const last = arrivals.at(-1)!.at
    world.setClock(last)
    const isFirst = state.batches === 0
    world.seedIds(state.batches++)
    const startedMs = monotonicMs()
    const running = world
      .run(arrivals.map(arrival => ({ ...arrival, startedMs })))
      .then(eventResults => {
        checkEventResults(eventResults, numbers)
        if (isFirst && eventResults[0] !== undefined) options.onFirst?.(eventResults[0])
      })
      .catch(error => {
        failure ??= error
      })
    inFlight.push(running)
    tell(last.getTime(), false)
    if (state.events - saved >= checkpointEvery) await save()
  }
  const checkEventResults = (eventResults: readonly EventResult[], numbers: readonly number[]): void => {
    for (const [at, eventResult] of eventResults.entries()) {
      if (eventResult.status !== 'rejected') continue
      const row = numbers[at] ?? null
      const why = eventResult.errors?.map(error => error.message).join(' ') ?? eventResult.detail ?? eventResult.code
      throw new ReplayError('row_refused', `Row ${row} was refused by the line: ${why}`, row)
    }
  }
  const certify = async (night: number): Promise<void> => {
    const startedMs = monotonicMs()
    await world.certify(new Date(night))
    learningMs += monotonicMs() - startedMs
    state.certified = state.outcomes
  }
  const learn = async (night: number): Promise<boolean> => {
    await send()
    await drain()
    if (stopped()) return false
    const at = new Date(night)
    const startedMs = monotonicMs()
    tell(night, true)
    world.setClock(at)
    const verdict = await world.learn(at, signal)
    learningMs += monotonicMs() - startedMs
    if (verdict === null) return false
    state.nights.push(verdict)
    state.nightsRun++
    state.learned = state.outcomes
    await certify(night)
    state.nextNight = afterNights(night, 1)
    options.onNight?.(verdict)
    await save()
    return true
  }
  /** Every night before this moment. Only the first can bring new labels: nothing happens between it and the others. */
  const nights = async (until: number): Promise<void> => {
    state.nextNight ??= nightAfter(until)
    if (nightsUntil(state.nextNight, until) === 0) return
    if (isWorthRunning(state.outcomes + pendingAnswers, state.learned)) {
      if (!(await learn(state.nextNight))) return
    } else if (state.outcomes + pendingAnswers - state.certified >= labelsToCertify && state.nextNight <= until) {
      await send()
      await drain()
      if (stopped()) return
      world.setClock(new Date(state.nextNight))
      await certify(state.nextNight)
    }
    const skipped = nightsUntil(state.nextNight, until)
    state.nightsSkipped += skipped
    state.nextNight = afterNights(state.nextNight, skipped)
  }
  const takeLater = async (raw: RawEvent, at: number, row: number, asks: boolean): Promise<void> => {
    if (state.nextNight === null || at >= state.nextNight) await nights(at)
    if (stopped()) return
    add(raw, at, row, asks)
    if (batch.length >= batchSize) await send()
  }
  const merged = timeline((raw, at, row, asks) => {
    // What an interrupted replay recorded already: the order of events is the same every time.
    if (skip > 0) {
      skip--
      return null
    }
    if (stopped()) return null
    if (state.nextNight === null || at >= state.nextNight || batch.length + 1 >= batchSize)
      return takeLater(raw, at, row, asks)
    add(raw, at, row, asks)
    return null
  })

  try {
    for await (const piece of source) {
      if (stopped()) break
      share = piece.share
      for (const item of piece.items) {
        const wait = merged.push(item)
        if (wait !== null) await wait
      }
    }
    if (!stopped()) await merged.end()
    await send()
    const finished = !stopped()
    await save()
    return { finished, state: current() }
  } finally {
    // Nothing is under way any more when the caller closes the database.
    await Promise.all(inFlight)
  }
}
