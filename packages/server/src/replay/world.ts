import type { EventResult, RawEvent } from '@surety/contract'
import type { ReportInput } from '../report/report-input.ts'

/** An event with the virtual moment at which it is recorded. */
export interface VirtualArrival {
  readonly raw: RawEvent
  readonly at: Date
  readonly startedMs: number
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
  readonly modelVersion: number | null
  readonly reason: string
  readonly state: string
  readonly action: string
  readonly automatic: boolean
  readonly label: 0 | 1 | null
  readonly latencyUs: number
}

/** The very line, database and learning that serve live events, on a clock that the replay moves. */
export interface World {
  readonly tenant: string
  /** The floor that models must pass. */
  readonly minAuc: number
  /** Moves the virtual clock. */
  setClock(at: Date): void
  /** The ids of the next batch are drawn from this stream, so that they do not depend on what ran before. */
  seedIds(batch: number): void
  run(arrivals: readonly VirtualArrival[]): Promise<readonly EventResult[]>
  /** The nightly run. null: it was stopped by the signal, and nothing changed. */
  learn(at: Date, signal: AbortSignal | undefined): Promise<NightVerdict | null>
  /** The work on what may be done without a person: labels, calibrator, certificates, tripwires. */
  certify(at: Date): Promise<void>
  /** Budgets, certificates and suspensions as they stand in the database. */
  autonomy(): Promise<Pick<ReportInput, 'actions' | 'suspensions'>>
  /** Digest of the model that serves. */
  serving(): string | null
  saveCheckpoint(text: string): Promise<void>
  /** Decisions and their labels as they stand in the database, in order of time. */
  results(): AsyncIterable<readonly ResultRow[]>
}
