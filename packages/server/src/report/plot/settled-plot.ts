import type { ActionFigures } from '../figures/autonomy-figures.ts'
import { html, type Markup } from '../page/markup.ts'
import { count, date, percent, sample } from '../page/words.ts'
import { bottomAxis, left, leftAxis, panels, right, svg } from './frame.ts'
import { numberTicks, roundUp } from './number-ticks.ts'
import { linear, place, type Scale } from './scale.ts'
import { timeTicks } from './time-ticks.ts'

/**
 * One panel for each action: share of all decisions that it settled by itself, over time.
 * @param others the same actions with other budgets
 */
export function settledPlot(
  actions: readonly ActionFigures[],
  others: readonly ActionFigures[],
  period: { from: number; to: number },
): Markup {
  const x = linear(period.from, period.to, left, right)
  const content = actions.slice(0, panels.length).map((action, index) => {
    const { top, bottom } = panels[index]!
    const windows = action.settledOverTime
    const beside = others.filter(other => other.action === action.action && other.alpha !== action.alpha)
    const shown = [action, ...beside].flatMap(({ settledOverTime }) => settledOverTime)
    const most = roundUp(Math.max(0.05, ...shown.map(({ n, settled }) => settled / n)), 2)
    const y = linear(0, Math.min(1, most), bottom, top)
    const ticks = numberTicks(0, y.to, 2).map(at => ({ at, label: `${Math.round(at * 1000) / 10} %` }))
    const steps = windows.map(({ from, to, n, settled }) => {
      const [start, end] = [x.at(from), Math.max(x.at(to), x.at(from) + 2)]
      const high = y.at(settled / n)
      return html`<g><title>${date(from)} to ${date(to)}: ${count(settled)} of ${count(n)} settled, ${percent(settled / n)}</title
><rect class="band" x="${place(start)}" y="${place(high)}" width="${place(end - start)}" height="${place(Math.max(1, bottom - high))}"
/><line class="step" x1="${place(start)}" x2="${place(end)}" y1="${place(high)}" y2="${place(high)}"/></g>`
    })
    const name = `${action.action}: settled, ${sample(
      windows.reduce((sum, { n }) => sum + n, 0),
      'decision',
    )}`
    return html`${leftAxis(y, ticks, name, top - 14)}${steps}${beside.map(other => dashed(other, x, y))}`
  })
  return svg({
    id: 'settled',
    title: 'Settled without a person',
    description: actions.map(described).join(' '),
    height: 308,
    content: [...content, bottomAxis(x, 280, timeTicks(period.from, period.to, 6), null)],
  })
}

/** The steps of another budget, with its name at their end. */
function dashed({ action, alpha, settledOverTime }: ActionFigures, x: Scale, y: Scale): Markup {
  const steps = settledOverTime.map(({ from, to, n, settled }) => {
    const high = place(y.at(settled / n))
    return html`<line class="step other" x1="${place(x.at(from))}" x2="${place(Math.max(x.at(to), x.at(from) + 2))}" y1="${high}" y2="${high}"/>`
  })
  const last = settledOverTime.at(-1)
  const high = last === undefined ? y.at(0) : y.at(last.settled / last.n)
  return html`<g><title>${action} with a budget of ${percent(alpha)}</title>${steps}<text class="other-name" x="${place(right)}" y="${place(high - 5)}" text-anchor="end">${percent(alpha)}</text></g>`
}

function described({ action, settledOverTime }: ActionFigures): string {
  const last = settledOverTime.at(-1)
  if (last === undefined) return `${action}: nothing was decided.`
  return `${action}: at the end ${count(last.settled)} of ${count(last.n)} decisions, ${percent(last.settled / last.n)}.`
}
