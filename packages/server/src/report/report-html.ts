import { type Figures, figuresOf } from './figures/figures.ts'
import { autonomySection } from './page/autonomy-words.ts'
import { columnTable } from './page/column-table.ts'
import { plots } from './page/figure.ts'
import { headline } from './page/headline.ts'
import { keyNumbers } from './page/key-numbers.ts'
import { limits } from './page/limits.ts'
import { fromFile, html, type Markup } from './page/markup.ts'
import { reasonTable, runFacts, warningList } from './page/run-facts.ts'
import { style } from './page/style.ts'
import { verdictTable } from './page/verdict-table.ts'
import { counted, moment, span } from './page/words.ts'
import type { ReportInput } from './report-input.ts'

// Nothing may be loaded and nothing may run: also what an escape should have missed.
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

/** The report as one page: opens offline, asks for nothing, runs no script. */
export function reportHtml(input: ReportInput, figures: Figures = figuresOf(input)): string {
  const period = span(Date.parse(input.period.from), Date.parse(input.period.to))
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${asIs(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Replay of ${input.title} – Surety</title>
<style>${asIs(style)}</style></head>
<body><main><header><p class="kind">Surety replay</p><h1>${fromFile(input.title)}</h1>
<p>${counted(input.decisions, 'case')} from ${period}, asked and answered in the order of time, each scored before its outcome was known.
Run ${moment(Date.parse(input.runAt))}.</p></header>
${keyNumbers(input, figures)}
${warningList(input)}
<div class="words">${headline(input, figures)}${limits(input)}</div>
${autonomySection(input, figures)}
${plots(input, figures)}
${verdictTable(input)}
${reasonTable(input)}
${columnTable(input)}
${runFacts(input)}
</main></body></html>
`
  return page.markup
}

const asIs = (markup: string): Markup => ({ markup })
