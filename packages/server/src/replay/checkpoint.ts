import type { SilencesAhead } from './silences.ts'
import type { NightVerdict } from './world.ts'

/** Where a replay stands when nothing is under way: all that is needed to go on, beside the database itself. */
export interface Checkpoint {
  /** Of the file and the options: another one is another replay. */
  readonly fingerprint: string
  readonly events: number
  readonly decisions: number
  readonly outcomes: number
  readonly batches: number
  /** Something was settled without a person: from then on what is due is done before time goes on. */
  readonly acted: boolean
  /** Outcomes since the last night that ran, and since the last look at certificates. */
  readonly outcomesSince: { readonly night: number; readonly look: number }
  /** What comes next by the clock, epoch milliseconds; null: nothing calls for it. */
  readonly due: { readonly night: number | null; readonly look: number | null; readonly ticks: number | null }
  /** What silence has to say yet; left out: nothing. */
  readonly silences?: SilencesAhead
  /** The first night that is counted neither as run nor as skipped; null before the first event. */
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
  acted: false,
  outcomesSince: { night: 0, look: 0 },
  due: { night: null, look: null, ticks: null },
  nextNight: null,
  nightsRun: 0,
  nightsSkipped: 0,
  nights: [],
  serving: null,
  lineSeconds: 0,
  learningSeconds: 0,
})

type Writable<T> = { -readonly [K in keyof T]: T[K] }
/** The same while it is being worked on. */
export type Standing = Writable<Omit<Checkpoint, 'nights'>> & { readonly nights: NightVerdict[] }

export const standingAt = (from: Checkpoint): Standing => ({ ...from, nights: [...from.nights] })
