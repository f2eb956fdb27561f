import type { EventResult } from '@surety/contract'
import { type Checkpoint, standingAt } from './checkpoint.ts'
import { historyIntake } from './history-intake.ts'
import { recurringOf } from './recurring.ts'
import { type Timed, timeline } from './timeline.ts'
import type { HistorySource, NightVerdict, World } from './world.ts'

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
  /** After each look at certificates; waited for. */
  readonly onLook?: () => Promise<void>
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

/**
 * Pushes a history through a Surety on its virtual clock: answers come when they came, and what recurs by the clock happens
 * between the events before its moment and those at it or after.
 */
export async function replayHistory(source: HistorySource, world: World, options: ReplayOptions): Promise<Replayed> {
  const { from, monotonicMs, signal } = options
  const state = standingAt(from)
  const stopped = () => signal?.aborted === true
  let skip = from.events
  let share = 0
  let saved = state.events
  let learningMs = 0
  let learningFrom = 0
  let lastAt: number | null = null

  const current = (): Checkpoint => ({
    ...state,
    serving: world.serving(),
    lineSeconds: from.lineSeconds + (monotonicMs() - options.startedMs - learningMs) / 1000,
    learningSeconds: from.learningSeconds + learningMs / 1000,
  })
  const save = async (): Promise<void> => {
    await intake.drain()
    saved = state.events
    await world.saveCheckpoint(JSON.stringify(current()))
  }
  const tell = (at: number, learning: boolean): void =>
    options.onProgress?.({ share, events: state.events, at, learning, nights: state.nightsRun })
  const intake = historyIntake(world, state, {
    batchSize: options.batchSize ?? 300,
    monotonicMs,
    stopped,
    ...(options.onFirst ? { onFirst: options.onFirst } : {}),
    onTaken(event) {
      if (event.asks) recurring.asked(event.at, event.answerAt)
      else recurring.outcome(event.at)
    },
    onSent(at) {
      recurring.sent()
      tell(at, false)
      return state.events - saved >= checkpointEvery ? save() : null
    },
  })
  const recurring = recurringOf(world, state, {
    signal,
    onBegin(at) {
      learningFrom = monotonicMs()
      tell(at, true)
    },
    onEnd() {
      learningMs += monotonicMs() - learningFrom
    },
    ...(options.onNight ? { onNight: options.onNight } : {}),
    ...(options.onLook ? { onLook: options.onLook } : {}),
  })

  const recurThenAdd = async (event: Timed): Promise<void> => {
    while (recurring.next <= event.at) {
      if (recurring.pass()) continue
      await intake.send()
      await intake.drain()
      const nights = state.nightsRun
      if (stopped() || !(await recurring.run())) return
      if (state.nightsRun > nights) await save()
    }
    await add(event)
  }
  const add = (event: Timed): Promise<void> | null => {
    lastAt = event.at
    return intake.add(event)
  }
  const take = (event: Timed): Promise<void> | null => {
    // What an interrupted replay recorded already: the order of events is the same every time.
    if (skip > 0) {
      skip--
      return null
    }
    if (stopped()) return null
    if (lastAt === null) recurring.begin(event.at)
    return event.at >= recurring.next ? recurThenAdd(event) : add(event)
  }
  const merged = timeline(take)

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
    await intake.send()
    const finished = !stopped()
    await intake.drain()
    if (finished) await recurring.end(lastAt)
    await save()
    return { finished, state: current() }
  } finally {
    // Nothing is under way any more when the caller closes the database.
    await intake.end()
  }
}
