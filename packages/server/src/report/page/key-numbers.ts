import type { Figures } from '../figures/figures.ts'
import type { ReportInput } from '../report-input.ts'
import { html, type Markup } from './markup.ts'
import { count, counted, date, percent, sample, three } from './words.ts'

/** Four numbers at a glance, each with what it counts and as of when. */
export function keyNumbers(input: ReportInput, { auc, scored, serving }: Figures): Markup {
  const until = `as of ${date(Date.parse(input.period.to))}`
  const accepted = input.models.filter(model => model.accepted).length
  return html`<dl class="keys">
${key('AUC', auc.ok ? three(auc.value) : '–', auc.ok ? `95\u00a0%: ${three(auc.lower)} to ${three(auc.upper)}` : 'cannot be given', `${sample(scored.y.length)}, ${until}`)}
${key('Had a model', input.decisions === 0 ? '–' : percent(serving.scored / input.decisions), `${count(serving.scored)} of ${counted(input.decisions, 'decision')}`, until)}
${key('Models accepted', count(accepted), `of ${counted(input.models.length, 'candidate')}`, until)}
${key('Outcomes', count(input.outcomes), `for ${counted(input.decisions, 'decision')}`, until)}
</dl>`
}

const key = (name: string, value: string, detail: string, note: string): Markup =>
  html`<div><dt>${name}</dt><dd><b>${value}</b><span>${detail}</span><span class="note">${note}</span></dd></div>`
