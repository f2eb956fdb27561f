import type { ReportInput } from '../report-input.ts'
import { fromFile, html, type Markup } from './markup.ts'
import { table } from './table.ts'
import { count, counted, percent, sample } from './words.ts'

const roles = {
  feature: 'used',
  label: 'the answer',
  time: 'the time',
  subject: 'who it is about',
  ignored: 'left out',
  known_later: 'left out: known only later',
} as const

/** How the file was read: the first place to look when a result is too good or too bad. */
export function columnTable({ columns, decisions }: ReportInput): Markup {
  const rows = columns.map(column => [
    fromFile(column.name),
    html`<span class="role ${column.role}">${roles[column.role]}</span>`,
    column.kind,
    percent(column.missingShare),
    count(column.distinct),
    html`${column.examples.slice(0, 3).map((example, i) => html`${i === 0 ? null : ', '}${fromFile(example)}`)}`,
  ])
  const head = ['Column', 'Taken as', 'Kind', 'Missing', 'Different values', 'Examples']
  return html`<section aria-labelledby="columns"><h2 id="columns">How the file was read</h2>
<p>${counted(columns.length, 'column')}, ${sample(decisions, 'case')}.</p>
${columns.length === 0 ? null : table({ caption: 'Columns', head, rows, words: [0, 1, 2, 5] })}</section>`
}
