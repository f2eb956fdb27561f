import { live, type Manner, pushed } from '../runtime/manner.ts'

/** A history that is pushed through an app, on a clock of its own. */
export interface History {
  /** How the app goes about its work: as a history is pushed through, and as live ones do once it is over. */
  readonly manner: () => Manner
  readonly now: () => Date
  /** false: no receipts, because the database is thrown away; about a twentieth of the time of an event. */
  readonly receipts: boolean
  /** The line goes on without what it could not read, and answers an outage with a sentence for callers: a history does neither. */
  failed(error: unknown): void
  /** The first thing that failed; null: nothing did. */
  readonly failure: unknown
  setClock(at: Date): void
  /** Nothing more is pushed: the clock runs on at the pace of ours, from where it stands. */
  end(): void
}

export interface HistoryOptions {
  /** Where its clock stands. */
  readonly start: Date
  readonly receipts: boolean
  readonly monotonicMs: () => number
}

export function openHistory({ start, receipts, monotonicMs }: HistoryOptions): History {
  let clock = start
  let endedMs: number | null = null
  let failure: unknown = null
  return {
    manner: () => (endedMs === null ? pushed : live),
    now: () => (endedMs === null ? clock : new Date(clock.getTime() + monotonicMs() - endedMs)),
    receipts,
    failed(error) {
      failure ??= error
    },
    get failure() {
      return failure
    },
    setClock(at) {
      clock = at
    },
    end() {
      endedMs ??= monotonicMs()
    },
  }
}
