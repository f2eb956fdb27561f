import { monthName } from '../page/words.ts'

export interface TimeTick {
  readonly at: number
  readonly label: string
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const fixedSteps = [hourMs, 3 * hourMs, 6 * hourMs, 12 * hourMs, dayMs, 2 * dayMs, 7 * dayMs, 14 * dayMs]
const monthSteps = [1, 2, 3, 6, 12, 24, 60, 120, 240]

/** At most `most` round moments (UTC) between two, labelled as coarsely as they stand apart. */
export function timeTicks(from: number, to: number, most: number): readonly TimeTick[] {
  const step = fixedSteps.find(candidate => (to - from) / candidate <= most)
  if (step !== undefined) return fixedTicks(from, to, step)
  const months = ((to - from) / dayMs / 365.25) * 12
  return monthTicks(from, to, monthSteps.find(candidate => months / candidate <= most) ?? 600)
}

function fixedTicks(from: number, to: number, step: number): TimeTick[] {
  const ticks: TimeTick[] = []
  // Steps of weeks count from a Monday.
  const origin = step >= 7 * dayMs ? 4 * dayMs : 0
  for (let at = Math.ceil((from - origin) / step) * step + origin; at <= to; at += step) {
    const day = new Date(at)
    const clock = at % dayMs === 0 ? '' : day.toISOString().slice(11, 16)
    ticks.push({ at, label: clock === '' ? `${day.getUTCDate()} ${monthName(day.getUTCMonth())}` : clock })
  }
  return ticks
}

function monthTicks(from: number, to: number, step: number): TimeTick[] {
  const ticks: TimeTick[] = []
  const first = new Date(from)
  let month = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth()) / step) * step
  for (; ; month += step) {
    const at = Date.UTC(Math.floor(month / 12), month % 12, 1)
    if (at > to) return ticks
    const year = String(Math.floor(month / 12))
    const name = monthName(month % 12)
    // The year once, at its first tick: it need not be repeated in every label.
    const known = ticks.some(tick => tick.label.endsWith(year))
    if (at >= from) ticks.push({ at, label: step >= 12 ? year : known ? name : `${name} ${year}` })
  }
}
