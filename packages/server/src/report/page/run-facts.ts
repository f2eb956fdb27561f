import { reasonSentences } from '@surety/contract'
import type { ReportInput } from '../report-input.ts'
import { fromFile, html, type Markup } from './markup.ts'
import { table } from './table.ts'
import { count, counted, duration, moment, percent, sample, seconds } from './words.ts'

/** How each decision ended. A decision can carry several reasons, so shares need not add up to 100 %. */
export function reasonTable({ reasons, decisions }: ReportInput): Markup | null {
  const rows = Object.entries(reasons)
    .sort(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1))
    .map(([reason, n]) => [
      html`${sentenceOf(reason)} <code>${reason}</code>`,
      count(n),
      decisions === 0 ? '–' : percent(n / decisions),
    ])
  if (rows.length === 0) return null
  return html`<section aria-labelledby="reasons"><h2 id="reasons">Why the decisions ended as they did</h2>
${table({ caption: `Reasons, ${sample(decisions, 'decision')}`, head: ['Reason', 'Decisions', 'Share'], rows, words: [0] })}</section>`
}

const sentenceOf = (reason: string): string =>
  Object.hasOwn(reasonSentences, reason) ? reasonSentences[reason as keyof typeof reasonSentences] : ''

export function warningList({ warnings }: ReportInput): Markup | null {
  if (warnings.length === 0) return null
  return html`<section class="warnings" aria-labelledby="warnings"><h2 id="warnings">Look at this first</h2>
<ul>${warnings.map(warning => html`<li>${warning}</li>`)}</ul></section>`
}

export function runFacts(input: ReportInput): Markup {
  const { events, lineSeconds, latencyUs } = input
  const facts: readonly (readonly [string, Markup | string])[] = [
    ['Answer', html`${fromFile(input.label)} is ${fromFile(input.positive)}`],
    ['Outcome known after', duration(input.delayMs)],
    ['Time', input.timeColumn === null ? 'order of the rows' : fromFile(input.timeColumn)],
    ['Events through the line', `${count(events)} (cases and outcomes)`],
    [
      'Speed',
      lineSeconds > 0
        ? `${count(Math.round(events / lineSeconds))} events/s over ${seconds(lineSeconds)}, learning apart`
        : 'not measured',
    ],
    ['Learning', `${seconds(input.learningSeconds)} in ${counted(input.nights.run, 'night')}`],
    ...(latencyUs === null
      ? []
      : [
          [
            'Latency',
            `half within ${count(Math.round(latencyUs.p50))} µs, 99 % within ${count(Math.round(latencyUs.p99))} µs`,
          ] as const,
        ]),
    ['Pod and seed', html`${fromFile(input.pod)}, ${String(input.seed)}`],
    ['Run', moment(Date.parse(input.runAt))],
  ]
  return html`<section aria-labelledby="run"><h2 id="run">How it was run</h2><dl class="facts">
${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<p class="note">The same history and seed give the same numbers; only the date, the speed and the latencies of the run differ. The figures with six decimals are in report.json.</p></section>`
}
