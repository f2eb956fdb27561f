const clocks = new Map<string, Intl.DateTimeFormat>()
// Names differ in case only, but in many ways: the cache must not grow with what senders invent.
const maxClocks = 1000

function clockOf(zone: string): Intl.DateTimeFormat {
  const cached = clocks.get(zone)
  if (cached !== undefined) return cached
  const clock = new Intl.DateTimeFormat('en-US', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' })
  if (clocks.size >= maxClocks) clocks.clear()
  clocks.set(zone, clock)
  return clock
}

/** True for a name of the IANA database such as Europe/Berlin; plain offsets such as +02:00 are not names. */
export function isTimeZone(zone: string): boolean {
  if (zone === 'UTC' || clocks.has(zone)) return true
  if (!/^[A-Za-z]/.test(zone)) return false
  try {
    return clockOf(zone) !== undefined
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

const bucketMs = 15 * 60_000
const latest = new Map<string, { readonly bucket: number; readonly hour: number }>()

/**
 * Hour 0..23 on the clock of a zone. Leads arrive nearly in order of time and asking Intl costs a microsecond, so the last
 * quarter of an hour of each zone is kept: since 1972 every offset is a whole number of quarters.
 */
export function hourInZone(moment: Date, zone: string): number {
  if (zone === 'UTC') return moment.getUTCHours()
  const ms = moment.getTime()
  const bucket = Math.floor(ms / bucketMs)
  const last = latest.get(zone)
  if (last !== undefined && last.bucket === bucket && ms > Date.UTC(1973, 0, 1)) return last.hour
  const hour = Number(clockOf(zone).format(moment))
  if (latest.size >= maxClocks) latest.clear()
  latest.set(zone, { bucket, hour })
  return hour
}
