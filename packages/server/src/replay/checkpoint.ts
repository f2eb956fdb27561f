import type { NightVerdict } from './world.ts'

/** Where a replay stands when nothing is under way: all that is needed to go on, beside the database itself. */
export interface Checkpoint {
  /** Of the file and the options: another one is another replay. */
  readonly fingerprint: string
  readonly events: number
  readonly decisions: number
  readonly outcomes: number
  readonly batches: number
  /** Labels that the last run of learning knew. */
  readonly learned: number
  /** Labels that the last look at certificates knew. */
  readonly certified: number
  /** The next night, epoch milliseconds; null before the first event. */
  readonly nextNight: number | null
  readonly nightsRun: number
  readonly nightsSkipped: number
  readonly nights: readonly NightVerdict[]
  /** Digest of the serving model; another one in the database means that a night was cut in the middle. */
  readonly serving: string | null
  readonly lineSeconds: number
  readonly learningSeconds: number
}

export const atTheStart = (fingerprint: string): Checkpoint => ({
  fingerprint,
  events: 0,
  decisions: 0,
  outcomes: 0,
  batches: 0,
  learned: 0,
  certified: 0,
  nextNight: null,
  nightsRun: 0,
  nightsSkipped: 0,
  nights: [],
  serving: null,
  lineSeconds: 0,
  learningSeconds: 0,
})
