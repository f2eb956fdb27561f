import type { ActionFigures } from '../figures/autonomy-figures.ts'
import { html, type Markup } from '../page/markup.ts'
import { count, date, percent, sample } from '../page/words.ts'
import { bottomAxis, emptyNote, left, leftAxis, panels, right, svg } from './frame.ts'
import { numberTicks, roundUp } from './number-ticks.ts'
import { linear, place } from './scale.ts'
import { timeTicks } from './time-ticks.ts'

/** One panel for each action: wrong share of what it did by itself, over time, against its error budget. */
export function errorsPlot(actions: readonly ActionFigures[], period: { from: number; to: number }): Markup {
  const x = linear(period.from, period.to, left, right)
  const content = actions.slice(0, panels.length).map((action, index) => {
    const { top, bottom } = panels[index]!
    const most = roundUp(
      Math.min(1, Math.max(action.alpha * 1.5, ...action.windows.map(({ share }) => share.upper))),
      2,
    )
    const y = linear(0, Math.min(1, most), bottom, top)
    const ticks = numberTicks(0, y.to, 2).map(at => ({ at, label: `${Math.round(at * 1000) / 10} %` }))
    const steps = action.windows.map(({ from, to, share, errors }) => {
      const [start, end] = [x.at(from), Math.max(x.at(to), x.at(from) + 2)]
      const [high, low, middle] = [y.at(share.upper), y.at(share.lower), y.at(share.value)]
      return html`<g><title>${date(from)} to ${date(to)}: ${count(errors)} wrong of ${count(share.n)}, ${percent(share.value)}</title
><rect class="band" x="${place(start)}" y="${place(high)}" width="${place(end - start)}" height="${place(Math.max(1, low - high))}"
/><line class="step" x1="${place(start)}" x2="${place(end)}" y1="${place(middle)}" y2="${place(middle)}"/></g>`
    })
    const budget = y.at(action.alpha)
    const line = html`<line class="floor" x1="${place(left)}" x2="${place(right)}" y1="${place(budget)}" y2="${place(budget)}"
/><text class="floor-name" x="${place(left + 4)}" y="${place(budget - 5)}">budget ${percent(action.alpha)}</text>`
    const empty =
      action.windows.length === 0 ? emptyNote('Nothing was done by itself', (top + bottom) / 2 + 14) : html``
    const name = `${action.action}: wrong, ${sample(action.labelled, 'act')}`
    return html`${leftAxis(y, ticks, name, top - 14)}${steps}${line}${empty}`
  })
  return svg({
    id: 'errors',
    title: 'Wrong acts against the budget',
    description: actions.map(described).join(' '),
    height: 308,
    content: [...content, bottomAxis(x, 280, timeTicks(period.from, period.to, 6), null)],
  })
}

function described({ action, alpha, realised, errors }: ActionFigures): string {
  if (realised === null) return `${action} was never done by itself.`
  return `${action}: ${count(errors)} of ${count(realised.n)} acts were wrong, ${percent(realised.value)}; the budget is ${percent(alpha)}.`
}
