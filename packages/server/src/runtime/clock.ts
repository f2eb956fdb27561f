import { performance } from 'node:perf_hooks'

/** Ends a waiting timer; one that has fired is not called back. */
export interface Timer {
  cancel(): void
}

/** Where time comes from: the wall live, a history in a replay. Whoever recurs waits on it and nowhere else. */
export interface Clock {
  now(): Date
  /** Never goes back; only differences mean something. */
  monotonicMs(): number
  /** At this moment of `now`, at once when it has passed. */
  at(moment: Date, work: () => unknown): Timer
  /** So many milliseconds from now, whatever is done to the wall clock meanwhile. */
  after(ms: number, work: () => unknown): Timer
}

/** A wall clock is set back and forth and machines sleep: `at` looks again at least this often. */
const longestWaitMs = 30_000

/** @param now another wall than the one of this machine, for tests and for the demo */
export function wallClock(now: () => Date = () => new Date()): Clock {
  const after = (ms: number, work: () => unknown): Timer => {
    const timer = setTimeout(work, ms)
    // What waits must not keep a process alive that has nothing else to do.
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  }
  return {
    now,
    monotonicMs: () => performance.now(),
    after,
    at(moment, work) {
      let timer: Timer
      const wait = (): void => {
        const left = moment.getTime() - now().getTime()
        timer = left <= 0 ? after(0, work) : after(Math.min(left, longestWaitMs), wait)
      }
      wait()
      return { cancel: () => timer.cancel() }
    },
  }
}

export interface VirtualClock extends Clock {
  /** Lets time pass: what falls due is called in order of its time, and waited for before time goes on. */
  advanceTo(moment: Date): Promise<void>
}

/** A clock that stands still until it is moved. */
export function virtualClock(start: Date): VirtualClock {
  interface Waiting {
    readonly due: number
    readonly work: () => unknown
  }
  const waiting = new Set<Waiting>()
  let clock = start.getTime()
  const wait = (due: number, work: () => unknown): Timer => {
    const one = { due, work }
    waiting.add(one)
    return { cancel: () => waiting.delete(one) }
  }
  const nextBy = (end: number): Waiting | null => {
    let first: Waiting | null = null
    for (const one of waiting) if (one.due <= end && (first === null || one.due < first.due)) first = one
    return first
  }
  return {
    now: () => new Date(clock),
    monotonicMs: () => clock - start.getTime(),
    at: (moment, work) => wait(moment.getTime(), work),
    after: (ms, work) => wait(clock + ms, work),
    async advanceTo(moment) {
      for (let one = nextBy(moment.getTime()); one !== null; one = nextBy(moment.getTime())) {
        waiting.delete(one)
        clock = Math.max(clock, one.due)
        await one.work()
      }
      clock = Math.max(clock, moment.getTime())
    },
  }
}
