/** The first and the last moment that any door takes, epoch milliseconds, both included: whatever is stored can hold what lies between. */
export const earliestTime = Date.UTC(1970, 0, 1)
export const latestTime = Date.UTC(2100, 0, 1)
export const timeRange = 'must lie between 1970-01-01 and 2100-01-01'

/** false for no time at all, too. */
export const isWithinTime = (at: Date | number): boolean => {
  const ms = Number(at)
  return ms >= earliestTime && ms <= latestTime
}

export interface TimeFault {
  readonly code: 'format' | 'out_of_range'
  /** What follows the name of the field. */
  readonly message: string
}

const written =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/
const noTime: TimeFault = { code: 'format', message: 'must be ISO 8601 with offset, such as 2026-03-10T12:00:00Z' }
const outOfRange: TimeFault = { code: 'out_of_range', message: timeRange }

/**
 * The one way in which a time comes in, whatever door brings it: ISO 8601 with offset, from 1970 to 2100. A day that its month does not have
 * is refused, where `new Date` would roll over, and so is the 61st second of a minute.
 */
export function readGivenTime(value: unknown): Date | TimeFault {
  const parts = typeof value === 'string' ? written.exec(value) : null
  if (parts === null) return noTime
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  // Years below 100 would be taken for those of the last century.
  if (year < 1969) return outOfRange
  if (month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return noTime
  const at = new Date(parts[0])
  return isWithinTime(at) ? at : outOfRange
}
