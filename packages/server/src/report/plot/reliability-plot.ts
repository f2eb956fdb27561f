import type { ReliabilityPoint } from '../figures/reliability.ts'
import type { ScoreBin } from '../figures/score-histogram.ts'
import { html, type Markup } from '../page/markup.ts'
import { percent } from '../page/words.ts'
import { bottomAxis, emptyNote, left, leftAxis, right, svg } from './frame.ts'
import { numberTicks, roundUp } from './number-ticks.ts'
import { linear, place } from './scale.ts'

const top = 30
const bottom = 250
const strip = { top: 262, bottom: 300 }

/** Said against seen with Wilson's 95\u00a0%; below it, where the decisions lie. */
export function reliabilityPlot(points: readonly ReliabilityPoint[], histogram: readonly ScoreBin[]): Markup {
  const highest = Math.max(0.1, ...points.map(({ upper, said }) => Math.max(upper, said)))
  const end = Math.min(1, roundUp(highest, 5))
  const x = linear(0, end, left, right)
  const y = linear(0, end, bottom, top)
  const ticks = numberTicks(0, end, 5).map(at => ({ at, label: `${Math.round(at * 100)} %` }))
  const marks = points.map(
    ({ said, seen, lower, upper, n }) =>
      html`<g><title>said ${percent(said)}, seen ${percent(seen)}, 95\u00a0% ${percent(lower)} to ${percent(upper)}, n = ${n}</title
><line class="whisker" x1="${place(x.at(said))}" x2="${place(x.at(said))}" y1="${place(y.at(lower))}" y2="${place(y.at(upper))}"
/><circle class="dot" cx="${place(x.at(said))}" cy="${place(y.at(seen))}" r="4"/></g>`,
  )
  const path = points.map(({ said, seen }) => `${place(x.at(said))},${place(y.at(seen))}`).join(' ')
  return svg({
    id: 'reliability',
    title: 'Said and seen',
    description: described(points),
    height: strip.bottom + 44,
    content: [
      leftAxis(y, ticks, 'Share that came true', 14),
      points.length === 0
        ? emptyNote('No scored outcomes', (top + bottom) / 2)
        : html`<line class="ideal" x1="${place(x.at(0))}" y1="${place(y.at(0))}" x2="${place(x.at(end))}" y2="${place(y.at(end))}"/>`,
      html`<polyline class="thin" points="${path}"/>`,
      ...marks,
      countStrip(histogram, x),
      bottomAxis(x, strip.bottom, ticks, 'Probability said; bars: where the decisions lie'),
    ],
  })
}

function countStrip(histogram: readonly ScoreBin[], x: { to: number; at(value: number): number }): Markup {
  const shown = histogram.map(bin => ({ ...bin, n: bin.yes + bin.no })).filter(bin => bin.n > 0 && bin.from < x.to)
  const y = linear(0, Math.max(1, ...shown.map(({ n }) => n)), strip.bottom, strip.top)
  return html`${shown.map(({ from, to, n }) => {
    const [start, end] = [x.at(from), x.at(Math.min(to, x.to))]
    return html`<rect class="count" x="${place(start + 0.5)}" y="${place(y.at(n))}" width="${place(Math.max(1, end - start - 1))}" height="${place(strip.bottom - y.at(n))}"/>`
  })}`
}

function described(points: readonly ReliabilityPoint[]): string {
  if (points.length === 0) return 'No reliability curve: no decision has both a score and a known outcome.'
  const inside = points.filter(({ said, lower, upper }) => said >= lower && said <= upper).length
  const ns = points.map(({ n }) => n)
  return `${points.length} groups of ${Math.min(...ns)} to ${Math.max(...ns)} decisions; in ${inside} of them the probability said lies inside the 95\u00a0% interval of what was seen.`
}
