import type { Standing } from './checkpoint.ts'
import { silencesOf } from './silences.ts'
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
  /** Passes what is next where nobody could see that it was not done yet. @returns false: it must be run */
  pass(): boolean
  /** Does what is next, at its moment. @returns false: a stop came in between, and nothing of it was done */
  run(): Promise<boolean>
  /** The history is over: what was passed is done, and nights that brought nothing up to its last event are counted. @param last null: all was there already */
  end(last: number | null): Promise<void>
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
  const outcomes = { ...state.outcomesSince, all: state.outcomes, bySilence: 0 }
  const silences = silencesOf(state.silences)
  const nextOf = (): number =>
    Math.min(
      ...[due.night, due.look, due.ticks].map(at => at ?? Number.POSITIVE_INFINITY),
      silences.nextSweep,
      silences.nextLate,
    )
  let next = nextOf()

  const sent = (): void => {
    state.due = { ...due }
    state.outcomesSince = { night: outcomes.night, look: outcomes.look }
    state.outcomes += outcomes.bySilence
    outcomes.bySilence = 0
    const ahead = silences.ahead()
    if (ahead === null) delete state.silences
    else state.silences = ahead
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
    outcomes.all++
    if (++outcomes.night >= world.outcomesWorthANight()) due.night ??= world.nextNight(at)
    if (++outcomes.look >= world.outcomesWorthALook(outcomes.all)) due.look ??= world.nextLook(at)
  }
  const passSweep = (at: number): void => {
    const found = silences.pass()
    outcomes.bySilence += found
    for (let n = 0; n < found; n++) told(at)
  }
  const tellOwed = async (): Promise<void> => {
    if (silences.owed === null) return
    await world.sweep(new Date(silences.owed))
    silences.told()
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
  const tick = async (at: number): Promise<void> => {
    await world.ticks()
    due.ticks = world.nextTicks(at)
    // What they found may have been settled.
    if (!world.mayAct()) return
    state.acted = true
    await world.perform(new Date(at))
  }
  const runAt = async (at: number): Promise<boolean> => {
    await tellOwed()
    if (state.acted) await world.perform(new Date(at))
    if (due.night === at) return learn(at)
    if (due.look === at) await look(at)
    else if (silences.nextSweep === at) {
      passSweep(at)
      await tellOwed()
    } else if (due.ticks === at) await tick(at)
    else silences.mayAnswer()
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
      silences.expect(world.silencesAfter(at, answerAt), answerAt)
      next = nextOf()
    },
    outcome(at) {
      told(at)
      next = nextOf()
    },
    sent,
    pass() {
      const isDue = due.night === next || due.look === next
      // An act looks at what was told of its case.
      if (!isDue && silences.nextSweep === next && !state.acted && !world.mayAct()) passSweep(next)
      else if (due.ticks !== next && silences.nextLate === next && silences.owed === null) silences.mayAnswer()
      else return false
      next = nextOf()
      return true
    },
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
    async end(last) {
      await tellOwed()
      sent()
      if (last !== null) skip(last)
    },
  }
}
