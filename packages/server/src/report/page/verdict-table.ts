import { type VerdictGroup, verdictGroups } from '../figures/verdict-groups.ts'
import type { ReportInput, ReportModel } from '../report-input.ts'
import { whyRefused } from './check-words.ts'
import { html, type Markup } from './markup.ts'
import { folded, table } from './table.ts'
import { count, counted, date, span, three } from './words.ts'

const mostOpenRows = 16

/** Every verdict with its sentence; refusals in a row for the same reasons are one row that unfolds. */
export function verdictTable({ models, period }: ReportInput): Markup {
  const rows = verdictGroups(models).map(row)
  const head = ['Night', 'Version', 'Verdict', 'AUC', 'Judged on', 'Trained on', 'Why']
  const shape = { head, words: [0, 1, 2, 6] }
  const open = table({ caption: 'Model versions and verdicts', ...shape, rows: rows.slice(-mostOpenRows) })
  const earlier = rows.slice(0, -mostOpenRows)
  return html`<section aria-labelledby="verdicts"><h2 id="verdicts">Model versions and verdicts</h2>
<p>${counted(models.length, 'candidate')}, as of ${date(Date.parse(period.to))}. Refusals in a row for the same reasons share a row; the newest stand last.</p>
${earlier.length === 0 ? null : folded(`${counted(earlier.length, 'earlier row')}`, table({ caption: 'Earlier verdicts', ...shape, rows: earlier }))}
${models.length === 0 ? html`<p>No night trained a model.</p>` : open}</section>`
}

function row({ accepted, failed, verdicts }: VerdictGroup): (Markup | string)[] {
  const [first, last] = [verdicts[0]!, verdicts.at(-1)!]
  const numbers = (of: (model: ReportModel) => number | null, shown: (value: number) => string): string => {
    const values = verdicts.map(of).filter(value => value !== null)
    if (values.length === 0) return '–'
    const [low, high] = [shown(Math.min(...values)), shown(Math.max(...values))]
    return low === high ? low : `${low} to ${high}`
  }
  const verdict = accepted
    ? html`<span class="verdict accepted">accepted</span>`
    : html`<span class="verdict refused">${verdicts.length === 1 ? 'refused' : `${count(verdicts.length)} refused`}</span>`
  return [
    span(Date.parse(first.at), Date.parse(last.at)),
    first === last ? count(first.version) : `${count(first.version)} to ${count(last.version)}`,
    verdict,
    numbers(model => model.auc, three),
    numbers(judgedOn, count),
    numbers(model => model.n_train, count),
    accepted || verdicts.length === 1 ? one(first) : many(failed, verdicts),
  ]
}

const judgedOn = ({ checks }: ReportModel): number | null => checks.find(({ name }) => name === 'auc_floor')?.n ?? null

function one(model: ReportModel): Markup {
  const checks = model.checks.map(
    ({ passed, sentence }) =>
      html`<li>${passed === null ? 'Not judged' : passed ? 'Passed' : 'Failed'}: ${sentence}</li>`,
  )
  const list = checks.length < 2 ? null : folded(counted(checks.length, 'check'), html`<ul>${checks}</ul>`)
  return html`<div class="why">${model.sentence}${list}</div>`
}

function many(failed: readonly string[], verdicts: readonly ReportModel[]): Markup {
  const because = failed.length === 0 ? verdicts[0]!.sentence : `Each time ${failed.map(whyRefused).join(' and ')}.`
  const sentences = verdicts.map(
    ({ at, version, sentence }) => html`<li><b>${date(Date.parse(at))}, version ${count(version)}</b> ${sentence}</li>`,
  )
  return html`<div class="why">${because}${folded(`All ${count(verdicts.length)} sentences`, html`<ul>${sentences}</ul>`)}</div>`
}
