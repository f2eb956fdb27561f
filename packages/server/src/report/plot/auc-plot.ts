import type { AucWindow } from '../figures/auc-over-time.ts'
import { html, type Markup } from '../page/markup.ts'
import { date, three } from '../page/words.ts'
import { bottomAxis, emptyNote, left, leftAxis, right, svg } from './frame.ts'
import { numberTicks } from './number-ticks.ts'
import { linear, place } from './scale.ts'
import { timeTicks } from './time-ticks.ts'

/** What a new model must reach on cases it has not seen, unless its owner says otherwise. */
export const floor = 0.65

const top = 30
const bottom = 232

/** Each window a step as wide as its time, with its 95\u00a0% band; the whole history is the axis, so late starts show. */
export function aucPlot(windows: readonly AucWindow[], period: { from: number; to: number }): Markup {
  const known = windows.flatMap(({ auc, ...window }) => (auc.ok ? [{ ...window, ...auc }] : []))
  const lowest = Math.min(0.5, ...known.map(({ lower }) => Math.floor(lower * 10) / 10))
  const x = linear(period.from, period.to, left, right)
  const y = linear(lowest, 1, bottom, top)
  const ticks = numberTicks(lowest, 1, 5).map(at => ({ at, label: at.toFixed(1) }))
  const steps = known.map(window => {
    const [start, end] = [x.at(window.from), Math.max(x.at(window.to), x.at(window.from) + 2)]
    const [high, low, middle] = [y.at(window.upper), y.at(window.lower), y.at(window.value)]
    return html`<g><title>${date(window.from)} to ${date(window.to)}: AUC ${three(window.value)}, 95\u00a0% ${three(window.lower)} to ${three(window.upper)}, n = ${window.n}</title
><rect class="band" x="${place(start)}" y="${place(high)}" width="${place(end - start)}" height="${place(Math.max(1, low - high))}"
/><line class="step" x1="${place(start)}" x2="${place(end)}" y1="${place(middle)}" y2="${place(middle)}"/></g>`
  })
  const line = html`<line class="floor" x1="${place(left)}" x2="${place(right)}" y1="${place(y.at(floor))}" y2="${place(y.at(floor))}"
/><text class="floor-name" x="${place(left + 4)}" y="${place(y.at(floor) - 5)}">floor ${floor}</text>`
  return svg({
    id: 'auc',
    title: 'AUC over time',
    description: described(known),
    height: bottom + 28,
    content: [
      leftAxis(y, ticks, 'AUC', 14),
      ...steps,
      line,
      known.length === 0 ? emptyNote('No window has enough scored outcomes', (top + bottom) / 2 - 30) : html``,
      bottomAxis(x, bottom, timeTicks(period.from, period.to, 6), null),
    ],
  })
}

function described(known: readonly { value: number; n: number }[]): string {
  if (known.length === 0) return `No AUC over time: no window has enough scored cases of both outcomes.`
  const values = known.map(({ value }) => value)
  const below = values.filter(value => value < floor).length
  return `AUC in ${known.length} windows, each about ${known[0]!.n} decisions: lowest ${three(Math.min(...values))}, highest ${three(Math.max(...values))}, last ${three(values.at(-1)!)}; ${below} below the floor of ${floor}.`
}
