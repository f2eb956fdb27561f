import type { ReportInput } from '../report-input.ts'
import { html, type Markup } from './markup.ts'
import { duration } from './words.ts'

/** What the replay cannot say: beside the result, not in a footnote. */
export function limits({ delayMs, timeColumn, columns }: ReportInput): Markup {
  const later = columns.filter(column => column.role === 'known_later').length
  const leaks =
    later > 0
      ? html`You named ${later === 1 ? 'one column' : `${later} columns`} as known only later; whether that is all of them, only you can know.`
      : html`A column that was filled in after the outcome makes every number here too good. Suspicious ones are named in the warnings, but only you know when a column was known.`
  const clock =
    timeColumn === null
      ? html`<li>No column says when each case came: the order of the rows was taken for the order of time, and dates follow from it.</li>`
      : null
  return html`<section aria-labelledby="limits"><h2 id="limits">What it cannot say</h2><ul>
<li>It is about the past. It holds for the future only as far as new cases come from the same mix.</li>
<li>Nothing was acted on: no one was called, written to or turned away. How people would have reacted is not in the file.</li>
<li>Outcomes were taken to be known ${duration(delayMs)} after each case. If they really took longer, models would have come later.</li>
<li>${leaks}</li>${clock}</ul></section>`
}
