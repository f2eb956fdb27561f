import type { EventResult, RawEvent } from '@surety/contract'
import type { ReportInput } from '../report/report-input.ts'

/** An event with the virtual moment at which it is recorded. */
export interface VirtualArrival {
  readonly raw: RawEvent
  readonly at: Date
  readonly startedMs: number
  /** Its place among all events of the history, from 0. */
  readonly ordinal: number
}

/** One case of a history: it asks at one moment and, where its outcome is known, is answered at a later one. */
export interface HistoryItem {
  /** Epoch milliseconds, never before that of the item above. */
  readonly at: number
  readonly ask: RawEvent
  readonly answer: RawEvent | null
  /** Not before `at`, and never before that of the item above. */
  readonly answerAt: number
  /** For messages: the row of the file, from 1. */
  readonly row: number
}

/** A history in order of time, in pieces of any size; `share` of it, 0 to 1, has been read with the piece. */
export type HistorySource = AsyncIterable<{ readonly items: readonly HistoryItem[]; readonly share: number }>

/** A night's verdict as it is written into the report. */
export interface NightVerdict {
  readonly at: string
  readonly version: number
  readonly n_train: number
  readonly n_test: number
  readonly auc: number | null
  readonly auc_ci: readonly [number, number] | null
  readonly accepted: boolean
  readonly sentence: string
  readonly checks: readonly NightCheck[]
  readonly digest: string | null
}

export interface NightCheck {
  readonly name: string
  readonly passed: boolean | null
  readonly value: number | null
  readonly limit: number | null
  readonly n: number | null
  readonly sentence: string
}

/** One decision as it was recorded, with the label that came later. */
export interface ResultRow {
  readonly eventId: string
  readonly at: number
  readonly probability: number | null
  /** What the version that is acted on said. */
  readonly actingProbability: number | null
  readonly modelVersion: number | null
  readonly reason: string
  readonly state: string
  readonly action: string
  readonly automatic: boolean
  readonly label: 0 | 1 | null
  readonly latencyUs: number
}

/** The very Surety that serves live events, on a clock that the replay moves. Moments are epoch milliseconds. */
export interface World {
  /** Moves the virtual clock. */
  setClock(at: Date): void
  /** Its events are judged by the past of what they are about, so no batch begins before the one before it has ended. */
  readonly inOrder: boolean
  /** Something may be done without a person, and is to be done before time goes on. */
  mayAct(): boolean
  run(arrivals: readonly VirtualArrival[]): Promise<readonly EventResult[]>
  /** Does what is due by this moment. */
  perform(at: Date): Promise<void>
  /** When the next night is, strictly after this moment. */
  nextNight(after: number): number
  /** So many outcomes after the last run make the next night worth one. */
  outcomesWorthANight(): number
  /** The nightly run. null: it was stopped by the signal, and nothing changed. */
  learn(at: Date, signal: AbortSignal | undefined): Promise<NightVerdict | 'not_worth_it' | null>
  /** So many outcomes since the last look, of so many in all, are worth another at what may be done without a person. */
  outcomesWorthALook(outcomes: number): number
  /** When the next look is, strictly after this moment. */
  nextLook(after: number): number
  /** Labels, calibrator, certificates, tripwires. */
  look(at: Date): Promise<void>
  /** The sweeps at which silence speaks of a case that was decided at `at` and is answered at `answerAt`, one for each outcome: those before that. */
  silencesAfter(at: number, answerAt: number): readonly number[]
  /** Lets silence speak as each sweep up to this one would have, of each case at its own moment. */
  sweep(at: Date): Promise<void>
  /** When ticks come next, strictly after this moment; null: nothing ticks. */
  nextTicks(after: number): number | null
  /** Those whose turn has come by the clock. */
  ticks(): Promise<void>
  /** Budgets, certificates and suspensions as they stand in the database. */
  autonomy(): Promise<Pick<ReportInput, 'actions' | 'suspensions'>>
  /** Digest of the model that serves. */
  serving(): string | null
  saveCheckpoint(text: string): Promise<void>
  /** Decisions and their labels as they stand in the database, in order of time. */
  results(): AsyncIterable<readonly ResultRow[]>
}
