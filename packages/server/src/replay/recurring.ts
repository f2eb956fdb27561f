import type { Standing } from './checkpoint.ts'
import type { NightVerdict, World } from './world.ts'

/** What comes by the clock of a history: nights, looks at certificates, sweeps of silence, ticks. */
export interface Recurring {
  /** The moment of the next of them, epoch milliseconds; infinite: nothing calls for one. */
  readonly next: number
  /** The first event of the history, or of what is left of it. */
  begin(at: number): void
  /** One more case was taken in; its answer comes then, or never. */
  asked(at: number, answerAt: number): void
  /** One more outcome was taken in. */
  outcome(at: number): void
  /** What was taken in is on its way: a checkpoint may speak of it. */
  sent(): void
  /** Does what is next, at its moment. @returns false: a stop came in between, and nothing of it was done */
  run(): Promise<boolean>
  /** Counts nights that brought nothing, up to this moment. */
  skip(until: number): void
}

export interface RecurringOptions {
  readonly signal: AbortSignal | undefined
  /** Told before each of them and after each that ended. */
  readonly onBegin: (at: number) => void
  readonly onEnd: () => void
  readonly onNight?: (night: NightVerdict) => void
  readonly onLook?: () => Promise<void>
}

export function recurringOf(world: World, state: Standing, options: RecurringOptions): Recurring {
  const due = { ...state.due }
  const outcomes = { ...state.outcomesSince }
  const silences = [...(state.silences ?? [])]
  const nextOf = (): number =>
    Math.min(...[due.night, due.look, due.ticks, silences[0]].map(at => at ?? Number.POSITIVE_INFINITY))
  let next = nextOf()

  const sent = (): void => {
    state.due = { ...due }
    state.outcomesSince = { ...outcomes }
    if (silences.length > 0 || state.silences !== undefined) state.silences = [...silences]
  }
  const look = async (at: number): Promise<void> => {
    due.look = null
    outcomes.look = 0
    await world.look(new Date(at))
    await options.onLook?.()
  }
  const skip = (until: number): void => {
    while (state.nextNight !== null && state.nextNight <= until) {
      state.nightsSkipped++
      state.nextNight = world.nextNight(state.nextNight)
    }
  }
  const told = (at: number): void => {
    if (++outcomes.night >= world.outcomesWorthANight()) due.night ??= world.nextNight(at)
    if (++outcomes.look >= world.outcomesWorthALook(state.outcomes)) due.look ??= world.nextLook(at)
  }
  const sweep = async (at: number): Promise<void> => {
    silences.shift()
    const settled = await world.sweep(new Date(at))
    state.outcomes += settled
    for (let n = 0; n < settled; n++) told(at)
  }
  const learn = async (at: number): Promise<boolean> => {
    const verdict = await world.learn(new Date(at), options.signal)
    if (verdict === null) return false
    due.night = null
    if (verdict === 'not_worth_it') return true
    outcomes.night = 0
    skip(at - 1)
    state.nextNight = world.nextNight(at)
    state.nightsRun++
    state.nights.push(verdict)
    await look(at)
    options.onNight?.(verdict)
    return true
  }
  const runAt = async (at: number): Promise<boolean> => {
    if (state.acted) await world.perform(new Date(at))
    if (due.night === at) return learn(at)
    if (due.look === at) await look(at)
    else if (silences[0] === at) await sweep(at)
    else {
      await world.ticks()
      due.ticks = world.nextTicks(at)
      // What they found may have been settled.
      if (world.mayAct()) {
        state.acted = true
        await world.perform(new Date(at))
      }
    }
    return true
  }
  return {
    get next() {
      return next
    },
    begin(at) {
      state.nextNight ??= world.nextNight(at)
      due.ticks ??= world.nextTicks(at)
      next = nextOf()
    },
    asked(at, answerAt) {
      for (const slot of world.silencesAfter(at, answerAt)) {
        if (silences.includes(slot)) continue
        silences.push(slot)
        silences.sort((a, b) => a - b)
        next = nextOf()
      }
    },
    outcome(at) {
      told(at)
      next = nextOf()
    },
    sent,
    async run() {
      const at = next
      options.onBegin(at)
      world.setClock(new Date(at))
      const done = await runAt(at)
      next = nextOf()
      sent()
      options.onEnd()
      return done
    },
    skip,
  }
}
