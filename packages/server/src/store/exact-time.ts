/**
 * A moment as PostgreSQL writes it, in UTC and to the microsecond: what a place in a list has to be. A Date ends at the
 * millisecond, so a page that begins behind one begins before rows that were read already, or leaves some out.
 */
export type ExactTime = string & { readonly exactTime: never }

/** What to select so that the column comes as an `ExactTime`; hand it back as `$n::timestamptz`. */
export const exactly = (column: string): string => `${column}::text`

export const exactTime = (time: Date): ExactTime => time.toISOString() as ExactTime

/** Since 1970, for what leaves the database as a number. */
export function microsOf(time: ExactTime): bigint {
  const [, head = '', fraction = ''] =
    /^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:\+00|Z)$/.exec(time) ?? []
  const seconds = Date.parse(`${head.replace(' ', 'T')}Z`) / 1000
  if (Number.isNaN(seconds)) throw new Error(`not a time in UTC: ${time}`)
  return BigInt(seconds) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
}

/** Of a number that anybody may have made up; null: no such time. */
export function timeOfMicros(micros: number): ExactTime | null {
  return Number.isSafeInteger(micros) && micros >= 0 && micros < endOfYears ? fromMicros(BigInt(micros)) : null
}
const endOfYears = 253_402_300_800_000_000

/** Of a text that anybody may have made up: the same moment in one way of writing; null: it is none. */
export function knownTime(text: string): ExactTime | null {
  try {
    return timeOfMicros(Number(microsOf(text as ExactTime)))
  } catch {
    return null
  }
}

/** @param micros not negative, before the year 10000 */
export function fromMicros(micros: bigint): ExactTime {
  const head = new Date(Number(micros / 1_000_000n) * 1000).toISOString().slice(0, 19)
  return `${head}.${String(micros % 1_000_000n).padStart(6, '0')}Z` as ExactTime
}
