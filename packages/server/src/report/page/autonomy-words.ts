import type { ActionFigures } from '../figures/autonomy-figures.ts'
import type { Figures } from '../figures/figures.ts'
import type { ReportInput } from '../report-input.ts'
import { html, type Markup } from './markup.ts'
import { table } from './table.ts'
import { count, counted, date, percent } from './words.ts'

/** What would have been decided without a person, and whether the promise was kept: in sentences, then as a table. */
export function autonomySection(input: ReportInput, { actions, others }: Figures): Markup {
  if (actions.length === 0) return html``
  return html`<section aria-labelledby="autonomy"><h2 id="autonomy">What could have been decided without a person</h2>
${actions.map(action => html`<p>${sentence(action)}</p>`)}
<p>${asked(input)}</p>
${suspensions(input)}
${numbers(actions, 'Promised and realised')}
${otherBudgets(input, others)}</section>`
}

function sentence(action: ActionFigures): Markup {
  const name = html`<strong>${action.action}</strong>`
  const promise = html`at most ${percent(action.alpha)} wrong, with ${percent(1 - action.delta)} confidence`
  if (action.since === null) {
    return html`${name} was <strong>refused</strong>: no region of scores could be certified for ${promise}${tried(action)}. ${action.refusal ?? ''} Every such case went to a person.`
  }
  const from = html`${name} was certified from ${date(action.since)} on for ${promise}`
  const { realised } = action
  if (realised === null)
    return html`${from}, and did ${counted(action.acted, 'case')} by itself, none of them with a known outcome.`
  const kept =
    realised.value <= action.alpha
      ? 'within the budget'
      : action.kept
        ? 'above the budget, though not by more than chance allows'
        : html`<strong>above the budget: promise not kept</strong>`
  return html`${from}. It settled <strong>${percent(share(action))}</strong> of what came after (${count(action.acted)} of
${counted(action.decisionsSince, 'decision')}); ${count(action.errors)} of ${counted(realised.n, 'act')} with a known outcome were wrong,
<strong>${percent(realised.value)}</strong> (95\u00a0% interval ${percent(realised.lower)} to ${percent(realised.upper)}): ${kept}.${misses(action)}${best(action)}`
}

/** Nobody can know that cut beforehand: it is what there was to win. */
function best({ oracle: { n, settled, oracle, ratio, kept } }: ActionFigures): Markup | null {
  if (n === 0) return null
  const told = html` In the second half it settled ${count(settled)} of ${counted(n, 'case')} with a known outcome; the best single cut of the same scores, chosen afterwards, would have settled ${count(oracle)}`
  if (!kept) return html`${told}. More were wrong than chance allows, so this compares nothing.`
  return ratio === null ? html`${told}.` : html`${told}: <strong>${percent(ratio)}</strong> of that.`
}

const share = ({ acted, decisionsSince }: ActionFigures): number => (decisionsSince === 0 ? 0 : acted / decisionsSince)

const tried = ({ rows }: ActionFigures): string =>
  rows === 0 ? ', and no labelled case was counted' : ` by ${counted(rows, 'labelled case')}`

function misses({ side, missBudget, positives, missed }: ActionFigures): Markup | null {
  if (side === 'act' || missBudget === null || positives === 0) return null
  return html` Of ${counted(positives, 'case')} that came out yes in that time it cleared ${count(missed)} (${percent(missed / positives)}; the budget allows ${percent(missBudget)}).`
}

function asked({ asked: n, decisions }: ReportInput): Markup {
  if (decisions === 0) return html`No case asked.`
  return html`A person was asked in <strong>${percent(n / decisions)}</strong> of cases (${count(n)} of ${counted(decisions, 'decision')}).`
}

function suspensions({ suspensions: all }: ReportInput): Markup | null {
  if (all.length === 0) return html`<p>The tripwire never suspended an action.</p>`
  return html`<p>The tripwire suspended ${counted(all.length, 'time')}:</p><ul>${all.map(({ at, action, sentence: why }) => html`<li>${date(Date.parse(at))}, ${action}: ${why}</li>`)}</ul>`
}

/** The history once more for each of them: by what is asked and what is acted upon, records and take-overs differ. */
function otherBudgets({ others: runs }: ReportInput, others: Figures['others']): Markup | null {
  if (others.length === 0) return null
  const asked = runs.map(({ asked: n, decisions }) => percent(decisions === 0 ? 0 : n / decisions))
  return html`<h3>With other budgets</h3>
<p>The same history was replayed once more for each further set of budgets; a person was then asked in ${asked.join(', ')} of cases.</p>
${numbers(others.flat(), 'Promised and realised with other budgets')}`
}

function numbers(actions: readonly ActionFigures[], caption: string): Markup {
  const dash = '–'
  return table({
    caption,
    head: [
      'Action',
      'Budget',
      'Certified from',
      'Labelled cases',
      'Settled',
      'Of',
      'Wrong',
      'Share',
      '95\u00a0% up to',
      'Promise',
      'Second half',
      'Best cut',
      'Of it',
    ],
    words: [0, 2, 9],
    rows: actions.map(action => [
      action.action,
      percent(action.alpha),
      action.since === null ? 'never' : date(action.since),
      count(action.rows),
      count(action.acted),
      count(action.decisionsSince),
      count(action.errors),
      action.realised === null ? dash : percent(action.realised.value),
      action.realised === null ? dash : percent(action.realised.upper),
      action.realised === null ? dash : action.kept ? 'kept' : 'not kept',
      count(action.oracle.settled),
      count(action.oracle.oracle),
      action.oracle.ratio === null || !action.oracle.kept ? dash : percent(action.oracle.ratio),
    ]),
  })
}
