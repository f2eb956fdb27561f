import { type DayOfDecisions, dayMs } from '../figures/decisions-per-day.ts'
import { html, type Markup } from '../page/markup.ts'
import { count, date } from '../page/words.ts'
import { bottomAxis, emptyNote, left, leftAxis, right, svg } from './frame.ts'
import { numberTicks, roundUp } from './number-ticks.ts'
import { linear, place } from './scale.ts'
import { timeTicks } from './time-ticks.ts'

const top = 30
const bottom = 200
const mostBars = 90

/** Days side by side; a long history gets bars of several days, as means per day. */
export interface Bar {
  readonly from: number
  readonly days: number
  readonly scored: number
  readonly notScored: number
}

export function bars(days: readonly DayOfDecisions[]): readonly Bar[] {
  const first = days[0]?.day
  if (first === undefined) return []
  const width = Math.ceil((days.at(-1)!.day - first + dayMs) / dayMs / mostBars)
  const all = new Map<number, Bar>()
  for (const { day, scored, notScored } of days) {
    const k = Math.floor((day - first) / dayMs / width)
    const bar = all.get(k) ?? { from: first + k * width * dayMs, days: width, scored: 0, notScored: 0 }
    all.set(k, { ...bar, scored: bar.scored + scored, notScored: bar.notScored + notScored })
  }
  return [...all.values()]
}

export function daysPlot(days: readonly DayOfDecisions[], period: { from: number; to: number }): Markup {
  const shown = bars(days)
  const width = shown[0]?.days ?? 1
  const highest = Math.max(1, ...shown.map(bar => (bar.scored + bar.notScored) / bar.days))
  const first = Math.min(period.from, shown[0]?.from ?? period.from)
  const x = linear(first, Math.max(period.to, (shown.at(-1)?.from ?? first) + width * dayMs), left, right)
  const most = roundUp(highest, 4)
  const y = linear(0, most, bottom, top)
  const ticks = numberTicks(0, most, 4).map(at => ({ at, label: short(at) }))
  const stacks = shown.map(bar => {
    const [start, wide] = [x.at(bar.from), Math.max(0.8, x.at(bar.from + bar.days * dayMs) - x.at(bar.from) - 0.8)]
    const [lower, upper] = [y.at(bar.scored / bar.days), y.at((bar.scored + bar.notScored) / bar.days)]
    return html`<g><title>${date(bar.from)}, ${bar.days} d: ${count(bar.scored)} scored, ${count(bar.notScored)} not</title
><rect class="scored" x="${place(start)}" y="${place(lower)}" width="${place(wide)}" height="${place(bottom - lower)}"
/><rect class="unscored" x="${place(start)}" y="${place(upper)}" width="${place(wide)}" height="${place(lower - upper)}"/></g>`
  })
  const total = days.reduce((sum, day) => sum + day.scored + day.notScored, 0)
  const scored = days.reduce((sum, day) => sum + day.scored, 0)
  return svg({
    id: 'days',
    title: 'Decisions per day',
    description: `${count(total)} decisions on ${count(days.length)} days, ${count(scored)} of them scored by a model; the busiest bar holds ${short(Math.round(highest))} a day.`,
    height: bottom + 28,
    content: [
      leftAxis(y, ticks, width === 1 ? 'Decisions per day' : `Decisions per day, mean of ${width} days`, 14),
      ...stacks,
      shown.length === 0 ? emptyNote('No decisions', (top + bottom) / 2) : html``,
      bottomAxis(x, bottom, timeTicks(x.from, x.to, 6), null),
    ],
  })
}

const short = (value: number): string => (value >= 10_000 ? `${value / 1000}k` : count(value))
