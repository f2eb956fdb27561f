import type { Figures } from '../figures/figures.ts'
import { refusalCounts } from '../figures/verdict-groups.ts'
import { floor } from '../plot/auc-plot.ts'
import type { ReportInput } from '../report-input.ts'
import { whyRefused } from './check-words.ts'
import { fromFile, html, type Markup } from './markup.ts'
import { whyNot } from './refusal-words.ts'
import { count, counted, date, percent, sample, three } from './words.ts'

/** What the replay says about the past, in sentences a person who knows no statistics can repeat. */
export function headline(input: ReportInput, figures: Figures): Markup {
  const sentences = [
    ranking(input, figures),
    service(input, figures),
    refusals(input),
    probabilities(figures),
    moving(figures),
  ]
  return html`<section aria-labelledby="says"><h2 id="says">What this replay says about your past</h2>
${sentences.map(sentence => (sentence === null ? null : html`<p>${sentence}</p>`))}</section>`
}

function ranking({ positive }: ReportInput, { auc, scored, serving, windows }: Figures): Markup {
  if (serving.scored === 0) return html`No decision had a score, so how well a model ranks cannot be said.`
  if (!auc.ok) {
    return html`How well the models rank cannot be said: ${whyNot(auc)} (${sample(scored.y.length, 'scored decision')} with an outcome).`
  }
  const place = auc.lower > floor ? 'above' : auc.upper < floor ? 'below' : 'not clearly above'
  return html`Take one case that came out ${fromFile(positive)} and one that did not: the score was higher for the first in
<strong>${percent(auc.value)}</strong> of such pairs (AUC <strong>${three(auc.value)}</strong>, 95\u00a0% interval ${three(auc.lower)} to ${three(auc.upper)},
${sample(auc.n, 'decision')}, each scored before its outcome was known). Tossing a coin gives 50 %; this is ${place} the floor of ${floor} that
a new model must reach.${withinWindows(auc.value, windows)}`
}

/** A score that follows the seasons ranks the whole past better than the cases of one season, which is what it is used for. */
function withinWindows(overall: number, windows: Figures['windows']): Markup | null {
  const values = windows.flatMap(({ auc }) => (auc.ok ? [auc.value] : [])).sort((a, b) => a - b)
  const middle = values[Math.floor(values.length / 2)]
  if (values.length < 5 || middle === undefined || overall - middle < 0.03) return null
  return html` Part of that is telling good times from bad: among cases of the same time it is <strong>${three(middle)}</strong>
(median of ${values.length} windows).`
}

function service({ decisions, period }: ReportInput, { serving }: Figures): Markup {
  if (decisions === 0) return html`There were no decisions in this history.`
  if (serving.firstAt === null) {
    return html`<strong>No model ever served:</strong> all ${counted(decisions, 'decision')} went to a person, which is what Surety does when it does not know enough.`
  }
  const without =
    serving.notScored === 0
      ? html`every decision had one`
      : html`<strong>${count(serving.notScored)}</strong> of ${counted(decisions, 'decision')} (${percent(serving.notScored / decisions)}) had no model and went to a person`
  return html`A model served from <strong>${date(serving.firstAt)}</strong> on, in a history that begins on ${date(Date.parse(period.from))}; ${without}.`
}

function refusals({ models, nights }: ReportInput): Markup {
  const skipped =
    nights.skipped === 0
      ? null
      : html` ${counted(nights.skipped, 'night')} brought too few new outcomes and taught nothing.`
  if (models.length === 0) return html`No night trained a model.${skipped}`
  const refused = models.filter(model => !model.accepted).length
  const accepted = models.length - refused
  const learned = html`Of ${counted(models.length, 'night')} that trained a model, <strong>${count(accepted)}</strong> put it into service`
  if (refused === 0) return html`${learned}; none was refused.${skipped}`
  const most = refusalCounts(models)[0]
  const why =
    most === undefined
      ? null
      : html`, most often because ${whyRefused(most.name)} (${count(most.count)} of ${count(refused)})`
  return html`${learned} and <strong>${count(refused)}</strong> ${refused === 1 ? 'was' : 'were'} refused${why}.${skipped}`
}

function probabilities({ scored, calibration }: Figures): Markup | null {
  const n = scored.y.length
  if (n < 100 || !calibration.error.ok) return null
  const mean = (values: Float64Array | Uint8Array): number => {
    let sum = 0
    for (const value of values) sum += value
    return sum / n
  }
  return html`On average the models said ${percent(mean(scored.p))} and ${percent(mean(scored.y))} came true; a probability was off by
${(calibration.error.value * 100).toFixed(1)} percentage points on average (calibration error, ${sample(n)}).`
}

function moving({ baseRate }: Figures): Markup | null {
  if (baseRate === null) return null
  const { first, last, tenth } = baseRate
  if (Math.max(first, last) < 1.5 * Math.min(first, last)) return null
  return html`Your past did not stand still: ${percent(first)} came out yes in its first tenth and ${percent(last)} in its last
(${count(tenth)} cases each), which makes it harder to learn from.`
}
