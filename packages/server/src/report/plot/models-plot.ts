import { html, type Markup } from '../page/markup.ts'
import { count, date, three } from '../page/words.ts'
import type { ReportModel } from '../report-input.ts'
import { floor } from './auc-plot.ts'
import { bottomAxis, emptyNote, left, leftAxis, right, svg } from './frame.ts'
import { numberTicks } from './number-ticks.ts'
import { linear, place } from './scale.ts'
import { timeTicks } from './time-ticks.ts'

const top = 30
const bottom = 232

/** Every candidate at its night: its AUC on later cases it had not seen; full dots came into service. */
export function modelsPlot(models: readonly ReportModel[], period: { from: number; to: number }): Markup {
  const judged = models.flatMap(model => (model.auc === null ? [] : [{ ...model, auc: model.auc }]))
  // The first candidates have intervals from 0 to 1; they would press all others together.
  const lowest = Math.min(0.4, ...judged.map(({ auc }) => Math.floor(auc * 10) / 10))
  const nights = models.map(({ at }) => Date.parse(at))
  const x = linear(Math.min(period.from, ...nights), Math.max(period.to, ...nights), left, right)
  const y = linear(lowest, 1, bottom, top)
  const ticks = numberTicks(lowest, 1, 5).map(at => ({ at, label: at.toFixed(1) }))
  const mark = ({ at, auc, auc_ci, accepted, version }: (typeof judged)[number]): Markup => {
    const across = place(x.at(Date.parse(at)))
    const whisker =
      auc_ci === null
        ? null
        : html`<line class="whisker ${accepted ? '' : 'pale'}" x1="${across}" x2="${across}" y1="${place(y.at(Math.max(lowest, auc_ci[0])))}" y2="${place(y.at(auc_ci[1]))}"/>`
    return html`<g><title>Version ${version}, ${date(Date.parse(at))}: AUC ${three(auc)}, ${accepted ? 'accepted' : 'refused'}</title
>${whisker}<circle class="${accepted ? 'dot' : 'open'}" cx="${across}" cy="${place(y.at(auc))}" r="${accepted ? 4 : 3}"/></g>`
  }
  const accepted = models.filter(model => model.accepted).length
  return svg({
    id: 'models',
    title: 'Model versions and verdicts',
    description: `${count(models.length)} candidates were judged: ${count(accepted)} accepted, ${count(models.length - accepted)} refused. ${count(judged.length)} have an AUC on later cases.`,
    height: bottom + 28,
    content: [
      leftAxis(y, ticks, 'AUC on later cases', 14),
      ...judged.filter(model => !model.accepted).map(mark),
      html`<line class="floor" x1="${place(left)}" x2="${place(right)}" y1="${place(y.at(floor))}" y2="${place(y.at(floor))}"/>`,
      ...judged.filter(model => model.accepted).map(mark),
      judged.length === 0 ? emptyNote('No candidate could be judged on later cases', (top + bottom) / 2) : html``,
      bottomAxis(x, bottom, timeTicks(x.from, x.to, 6), null),
    ],
  })
}
