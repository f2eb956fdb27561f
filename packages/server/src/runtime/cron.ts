import { Cron } from 'croner'

/** When something recurs: five cron fields, read on the wall clock of a time zone (IANA name). */
export interface Schedule {
  readonly cron: string
  readonly timeZone: string
}

/** What is wrong with a schedule, and where; null: it can be kept. */
export interface ScheduleFault {
  readonly path: 'cron' | 'time_zone'
  readonly message: string
}

const hourMs = 3_600_000

/** @param from when the schedule begins: one that never comes true after it is refused */
export function scheduleFault(schedule: Schedule, from: Date): ScheduleFault | null {
  try {
    new Intl.DateTimeFormat('en', { timeZone: schedule.timeZone })
  } catch {
    return { path: 'time_zone', message: 'there is no such time zone; give an IANA name such as Europe/Berlin or UTC' }
  }
  const wrong = {
    path: 'cron',
    message: 'give five cron fields: minute, hour, day of month, month, day of week',
  } as const
  // Names such as @daily would be read as well; one form is enough to read and to show.
  if (schedule.cron.trim().split(/\s+/).length !== 5) return wrong
  try {
    return nextMoment(schedule, from) === null ? { path: 'cron', message: 'this moment never comes' } : null
  } catch {
    return wrong
  }
}

/**
 * The first due moment strictly after `after`; null when there is none.
 * A wall time that comes twice (clocks set back) is due once, the first time. One that does not exist (clocks set
 * forward, or a day that a country left out) is due once, at the end of the gap; several of them are one. A schedule for every
 * hour misses nothing in a gap of less than a day.
 */
export function nextMoment({ cron, timeZone }: Schedule, after: Date): Date | null {
  const found = cronIn(cron, timeZone).nextRun(after)
  if (found === null) return null
  for (const gap of gapsBetween(timeZone, after.getTime(), found.getTime())) {
    if (cron.trim().split(/\s+/)[1] === '*' && gap.lengthMs < 24 * hourMs) continue
    // The missing wall times, read as if they were UTC.
    const wall = cronIn(cron, 'UTC').nextRun(new Date(gap.wallMs - 1))
    if (wall !== null && wall.getTime() < gap.wallMs + gap.lengthMs) return new Date(gap.endMs)
  }
  return found
}

/** A schedule may rest over night and over a weekend: a week and a day see all of that. */
const watchedMs = 8 * 24 * hourMs
const fewestRuns = 10
/** Runs closer than this are leapt over after the first few: a pause of less than two leaps is missed by no alert of 15 minutes. */
const leapMs = 7 * 60_000

/** The first due moment not before this one, in epoch milliseconds; infinite: there is none. Cheap where moments are asked nearly in order. */
export function momentsFrom(schedule: Schedule): (from: number) => number {
  let known = { from: Number.POSITIVE_INFINITY, moment: Number.NEGATIVE_INFINITY }
  return from => {
    if (from < known.from || from > known.moment)
      known = { from, moment: nextMoment(schedule, new Date(from - 1))?.getTime() ?? Number.POSITIVE_INFINITY }
    return known.moment
  }
}

/** The longest pause between two of the next runs, in seconds: what a run is missed against. */
export function longestPauseSeconds(schedule: Schedule, from: Date): number {
  let longest = 0
  let last = nextMoment(schedule, from)
  const end = from.getTime() + watchedMs
  for (let run = 0; last !== null && (run < fewestRuns || last.getTime() < end); run++) {
    const next = nextMoment(schedule, last)
    const pauseMs = next === null ? 0 : next.getTime() - last.getTime()
    const leapt = run >= fewestRuns && pauseMs < leapMs ? nextMoment(schedule, new Date(last.getTime() + leapMs)) : null
    if (leapt !== null && leapt.getTime() - last.getTime() < 2 * leapMs) last = leapt
    else {
      longest = Math.max(longest, pauseMs)
      last = next
    }
  }
  return longest / 1000
}

const cronIn = (cron: string, timezone: string): Cron => new Cron(cron, { timezone, mode: '5-part' })

interface Gap {
  /** The instant at which clocks jump. */
  readonly endMs: number
  /** The first wall time that is missing, as if it were UTC. */
  readonly wallMs: number
  readonly lengthMs: number
}

/** Jumps forward in (from, to]. No zone ever jumped twice within a step. */
function* gapsBetween(timeZone: string, from: number, to: number): Iterable<Gap> {
  const stepMs = 12 * hourMs
  let before = offsetMs(timeZone, from)
  for (let at = from; at < to; at += stepMs) {
    const end = Math.min(at + stepMs, to)
    const offset = offsetMs(timeZone, end)
    if (offset > before) {
      const endMs = jump(timeZone, at, end, before)
      yield { endMs, wallMs: endMs + before, lengthMs: offset - before }
    }
    before = offset
  }
}

/** The first instant in (from, to] at which the offset is no longer `before`; all jumps lie on full seconds. */
function jump(timeZone: string, from: number, to: number, before: number): number {
  let [low, high] = [Math.floor(from / 1000), Math.ceil(to / 1000)]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetMs(timeZone, middle * 1000) === before) low = middle
    else high = middle
  }
  return high * 1000
}

const formats = new Map<string, Intl.DateTimeFormat>()

function offsetMs(timeZone: string, at: number): number {
  let format = formats.get(timeZone)
  if (format === undefined) {
    const whole = { year: 'numeric', month: 'numeric', day: 'numeric' } as const
    const clock = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const
    format = new Intl.DateTimeFormat('en-US', { timeZone, ...whole, ...clock })
    formats.set(timeZone, format)
  }
  const parts = new Map<string, number>(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
  const of = (type: string): number => parts.get(type) ?? 0
  const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
  return wall - Math.floor(at / 1000) * 1000
}
