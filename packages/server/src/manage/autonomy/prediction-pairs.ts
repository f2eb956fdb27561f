/** One prediction with what happened, as a file or a request gives it. */
export interface GivenPair {
  /** Line of the file, or number of the row from 1. */
  readonly place: number
  readonly prediction: unknown
  readonly actual: unknown
}

export interface PredictionPair {
  readonly place: number
  readonly prediction: number
  readonly actual: 0 | 1
}

export interface SkippedPair {
  readonly place: number
  readonly why: string
}

export interface ReadPairs {
  readonly pairs: readonly PredictionPair[]
  /** The first ones, at most `listedPairs`. */
  readonly listed: readonly SkippedPair[]
  readonly skipped: number
}

/** Bad rows that are told of one by one. */
export const listedPairs = 20

const decimal = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** Keeps what can be used: a prediction in [0, 1] and an actual of 0 or 1, as numbers or as their text. */
export function readPairs(given: Iterable<GivenPair>): ReadPairs {
  const pairs: PredictionPair[] = []
  const listed: SkippedPair[] = []
  let skipped = 0
  for (const { place, prediction, actual } of given) {
    const p = numberOf(prediction)
    const label = numberOf(actual)
    const why =
      p === null || p > 1
        ? 'prediction is not a number from 0 to 1'
        : label !== 0 && label !== 1
          ? 'actual is neither 0 nor 1'
          : null
    if (why === null) pairs.push({ place, prediction: p as number, actual: label as 0 | 1 })
    else {
      skipped++
      if (listed.length < listedPairs) listed.push({ place, why })
    }
  }
  return { pairs, listed, skipped }
}

/** null: no number of at least 0. */
function numberOf(value: unknown): number | null {
  if (typeof value === 'string') return decimal.test(value.trim()) ? Number(value) : null
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value + 0 : null
}
