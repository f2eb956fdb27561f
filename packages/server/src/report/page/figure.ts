import type { Figures } from '../figures/figures.ts'
import { aucPlot } from '../plot/auc-plot.ts'
import { bars, daysPlot } from '../plot/days-plot.ts'
import { errorsPlot } from '../plot/errors-plot.ts'
import { modelsPlot } from '../plot/models-plot.ts'
import { reliabilityPlot } from '../plot/reliability-plot.ts'
import { scorePlot } from '../plot/score-plot.ts'
import { settledPlot } from '../plot/settled-plot.ts'
import type { ReportInput } from '../report-input.ts'
import { html, type Markup } from './markup.ts'
import { whyNot } from './refusal-words.ts'
import { folded, type Table, table } from './table.ts'
import { count, counted, date, percent, sample, span, three, two } from './words.ts'

interface Figure {
  readonly id: string
  readonly title: string
  readonly plot: Markup
  readonly words: readonly Markup[]
  readonly numbers: Table | null
}

/** A plot, beside it what it shows in words, and under these its numbers. */
function figure({ id, title, plot, words, numbers }: Figure): Markup {
  const rows =
    numbers === null || numbers.rows.length === 0
      ? null
      : folded(`Numbers (${counted(numbers.rows.length, 'row')})`, table(numbers))
  return html`<figure id="figure-${id}" aria-labelledby="${id}-question"><h3 id="${id}-question">${title}</h3>
<div class="plot">${plot}</div><figcaption>${words.map(text => html`<p>${text}</p>`)}${rows}</figcaption></figure>
`
}

export function plots(input: ReportInput, figures: Figures): Markup {
  const period = { from: Date.parse(input.period.from), to: Date.parse(input.period.to) }
  const until = `As of ${date(period.to)}.`
  return html`<section aria-labelledby="plots"><h2 id="plots">In pictures</h2>
${settledFigure(figures, period, until)}
${errorsFigure(figures, period, until)}
${aucFigure(figures, period, until)}
${reliabilityFigure(figures, until)}
${scoreFigure(figures, until)}
${daysFigure(figures, period, until)}
${modelsFigure(input, period, until)}</section>`
}

function settledFigure({ actions, others }: Figures, period: Period, until: string): Markup | null {
  if (actions.length === 0) return null
  return figure({
    id: 'settled',
    title: 'How much was settled without a person?',
    plot: settledPlot(actions, others.flat(), period),
    words: [
      html`Each step is the share of all decisions of its time that an action settled by itself, in windows of equal count.${others.length === 0 ? '' : ' Dashed: with the other budgets.'}`,
      html`${until}`,
    ],
    numbers: {
      caption: 'Settled over time',
      head: ['Action', 'Budget', 'Window', 'Settled', 'n', 'Share'],
      words: [0, 2],
      rows: [...actions, ...others.flat()].flatMap(({ action, alpha, settledOverTime }) =>
        settledOverTime.map(({ from, to, n, settled }) => [
          action,
          percent(alpha),
          span(from, to),
          count(settled),
          count(n),
          percent(settled / n),
        ]),
      ),
    },
  })
}

function errorsFigure({ actions }: Figures, period: Period, until: string): Markup | null {
  if (actions.length === 0) return null
  return figure({
    id: 'errors',
    title: 'Was the promise kept?',
    plot: errorsPlot(actions, period),
    words: [
      html`Each step is the wrong share among what an action settled by itself, in windows of equal count, with its exact 95\u00a0% interval. The promise is
about the whole: windows may lie above the budget by chance.`,
      html`${actions.map(({ action, labelled }) => `${action}: ${sample(labelled, 'act')} with an outcome`).join('; ')}. ${until}`,
    ],
    numbers: {
      caption: 'Wrong acts over time',
      head: ['Action', 'Window', 'Wrong', 'n', 'Share', '95\u00a0% from', 'to'],
      words: [0, 1],
      rows: actions.flatMap(({ action, windows }) =>
        windows.map(({ from, to, errors, share }) => [
          action,
          span(from, to),
          count(errors),
          count(share.n),
          ...[share.value, share.lower, share.upper].map(three),
        ]),
      ),
    },
  })
}

type Period = { readonly from: number; readonly to: number }

function aucFigure({ windows, auc, scored }: Figures, period: Period, until: string): Markup {
  const n = scored.y.length
  return figure({
    id: 'auc',
    title: 'Did the ranking hold over time?',
    plot: aucPlot(windows, period),
    words: [
      html`Each step is the AUC of a window of equal count; the band is its 95\u00a0% interval. Empty time had no model, or no outcomes.`,
      auc.ok
        ? html`${sample(n, 'scored decision')} with an outcome, in ${counted(windows.length, 'window')}. ${until}`
        : html`Not to be given: ${whyNot(auc)} (${sample(n)}). ${until}`,
    ],
    numbers: {
      caption: 'AUC over time',
      head: ['Window', 'AUC', '95\u00a0% from', 'to', 'n', 'Yes'],
      words: [0],
      rows: windows.map(({ from, to, n, positives, auc }) => [
        span(from, to),
        ...(auc.ok ? [three(auc.value), three(auc.lower), three(auc.upper)] : ['–', '–', '–']),
        count(n),
        count(positives),
      ]),
    },
  })
}

function reliabilityFigure({ reliability, histogram, calibration, scored }: Figures, until: string): Markup {
  const points = 'ok' in reliability ? [] : reliability
  const { error, line, brier } = calibration
  return figure({
    id: 'reliability',
    title: 'Did it happen as often as was said?',
    plot: reliabilityPlot(points, histogram),
    words: [
      html`Each dot is a group of decisions of about the same size: what was said, and what share came true, with Wilson’s 95\u00a0% interval. On the dashed
line both are equal; above it the models were too careful, below it too sure.`,
      error.ok
        ? html`Calibration error ${three(error.value)}; ${line.ok ? `slope ${two(line.slope)} (1 is ideal), intercept ${two(line.intercept)} (0 is ideal)` : `no slope, because ${whyNot(line)}`}; Brier score ${brier.ok ? three(brier.value) : '–'}. ${sample(error.n)}. ${until}`
        : html`Not to be given: ${whyNot(error)} (${sample(scored.y.length)}). ${until}`,
    ],
    numbers: {
      caption: 'Said and seen',
      head: ['Said', 'Seen', '95\u00a0% from', 'to', 'n', 'Yes'],
      words: [],
      rows: points.map(({ said, seen, lower, upper, n, yes }) => [
        ...[said, seen, lower, upper].map(three),
        count(n),
        count(yes),
      ]),
    },
  })
}

function scoreFigure({ histogram, serving, scored }: Figures, until: string): Markup {
  const filled = histogram.filter(bin => bin.yes + bin.no + bin.unknown > 0)
  const unknown = serving.scored - scored.y.length
  return figure({
    id: 'scores',
    title: 'What was said to whom?',
    plot: scorePlot(histogram),
    words: [
      html`The probabilities said, for cases that came out yes (above) and no (below), each in shares of its own group. The further apart the two lie,
the more can be decided without a person.`,
      html`${sample(scored.y.length, 'scored decision')} with an outcome${unknown > 0 ? `; ${count(unknown)} more without one are only in the numbers` : ''}. ${until}`,
    ],
    numbers: {
      caption: 'Scores by outcome',
      head: ['Probability said', 'Yes', 'No', 'Not known'],
      words: [0],
      rows: filled.map(({ from, to, yes, no, unknown }) => [
        `${(from * 100).toFixed(1)} to ${(to * 100).toFixed(1)} %`,
        ...[yes, no, unknown].map(count),
      ]),
    },
  })
}

function daysFigure({ days, serving }: Figures, period: Period, until: string): Markup {
  const shown = bars(days)
  const width = shown[0]?.days ?? 1
  return figure({
    id: 'days',
    title: 'How much came, and who had a score?',
    plot: daysPlot(days, period),
    words: [
      html`<span class="swatch scored"></span>scored by a model <span class="swatch unscored"></span>not scored`,
      html`${sample(serving.scored + serving.notScored, 'decision')} on ${counted(days.length, 'day')}, ${count(serving.scored)} of them scored.
${width > 1 ? `One bar is ${width} days.` : ''} ${until}`,
    ],
    numbers: {
      caption: 'Decisions',
      head: [width === 1 ? 'Day' : `${width} days from`, 'Scored', 'Not scored', 'All'],
      words: [0],
      rows: shown.map(({ from, scored, notScored }) => [
        date(from),
        count(scored),
        count(notScored),
        count(scored + notScored),
      ]),
    },
  })
}

function modelsFigure({ models }: ReportInput, period: Period, until: string): Markup {
  const accepted = models.filter(model => model.accepted).length
  return figure({
    id: 'models',
    title: 'Which models were let in?',
    plot: modelsPlot(models, period),
    words: [
      html`Each dot is a model trained in one night, at its AUC on later cases that it had not seen, with the 95\u00a0% interval. Full dots came into service,
open ones were refused. Dashed: the floor. Intervals are cut at the lower edge.`,
      html`${sample(models.length, 'candidate')}, ${count(accepted)} accepted, ${count(models.length - accepted)} refused; all verdicts are in the
<a href="#verdicts">table below</a>. ${until}`,
    ],
    numbers: null,
  })
}
