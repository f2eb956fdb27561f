import type { ScoreBin } from '../figures/score-histogram.ts'
import { html, type Markup } from '../page/markup.ts'
import { count, percent, sample } from '../page/words.ts'
import { bottomAxis, emptyNote, left, leftAxis, right, svg } from './frame.ts'
import { numberTicks, roundUp } from './number-ticks.ts'
import { linear, place } from './scale.ts'

const panels = [
  { of: 'yes', name: 'Came out yes', top: 30, bottom: 132 },
  { of: 'no', name: 'Came out no', top: 178, bottom: 280 },
] as const

/** Two panels over one axis, each in shares of its own outcome: a rare yes would vanish in a shared count. */
export function scorePlot(histogram: readonly ScoreBin[]): Markup {
  const filled = histogram.filter(bin => bin.yes + bin.no > 0)
  const end = Math.max(0.1, ...filled.map(bin => bin.to))
  const x = linear(0, Math.min(1, roundUp(end, 5)), left, right)
  const totals = {
    yes: histogram.reduce((sum, bin) => sum + bin.yes, 0),
    no: histogram.reduce((sum, bin) => sum + bin.no, 0),
  }
  const share = (bin: ScoreBin, of: 'yes' | 'no'): number => (totals[of] === 0 ? 0 : bin[of] / totals[of])
  const most = roundUp(Math.max(0.01, ...filled.flatMap(bin => [share(bin, 'yes'), share(bin, 'no')])), 2)
  const ticks = numberTicks(0, x.to, 5).map(at => ({ at, label: `${Math.round(at * 100)} %` }))
  const content = panels.map(({ of, name, top, bottom }) => {
    const y = linear(0, most, bottom, top)
    const heights = numberTicks(0, most, 2).map(at => ({ at, label: `${Math.round(at * 1000) / 10} %` }))
    const bars = filled.map(bin => {
      const [start, stop, high] = [x.at(bin.from), x.at(bin.to), y.at(share(bin, of))]
      return html`<rect class="${of}" x="${place(start + 0.75)}" y="${place(high)}" width="${place(stop - start - 1.5)}" height="${place(bottom - high)}"
><title>${percent(bin.from)} to ${percent(bin.to)}: ${count(bin[of])}</title></rect>`
    })
    const empty = totals[of] === 0 ? emptyNote('none', (top + bottom) / 2) : html``
    return html`${leftAxis(y, heights, `${name}, ${sample(totals[of])}`, top - 14)}${bars}${empty}`
  })
  return svg({
    id: 'scores',
    title: 'Scores by outcome',
    description: `Probabilities said for ${count(totals.yes)} cases that came out yes and ${count(totals.no)} that came out no, each as shares of its own group.`,
    height: 324,
    content: [...content, bottomAxis(x, 280, ticks, 'Probability said')],
  })
}
