import { type ActionFigures, actionFigures } from '../report/figures/autonomy-figures.ts'
import type { OracleFigures } from '../report/figures/oracle.ts'
import type { BudgetRun, ReportInput } from '../report/report-input.ts'
import { reportJson } from '../report/report-json.ts'

/** The end of a replay in a few lines for a terminal. */
export function summaryLines(input: ReportInput): readonly string[] {
  const { models, nights, period } = input
  const auc = reportJson(input)['auc'] as {
    readonly value: number | null
    readonly lower: number
    readonly upper: number
    readonly n: number
    readonly detail?: string
  }
  const accepted = models.filter(model => model.accepted).length
  return [
    `${count(input.decisions)} decisions and ${count(input.outcomes)} outcomes, ${period.from.slice(0, 10)} to ${period.to.slice(0, 10)}`,
    auc.value === null
      ? `AUC: none, because ${auc.detail ?? 'no model was active'}`
      : `AUC ${auc.value.toFixed(3)} (95 %: ${auc.lower.toFixed(3)} to ${auc.upper.toFixed(3)}) over ${count(auc.n)} decisions, each scored before its outcome was known`,
    `${nights.run} nights of learning (${nights.skipped} skipped for fewer than 2 % new labels): ${accepted} models accepted, ${models.length - accepted} refused`,
    ...runLines(input),
    ...input.others.flatMap((run, k) => [
      `the same history with other budgets (${k + 2} of ${input.others.length + 1}):`,
      ...runLines(run),
    ]),
    `${count(Math.round(input.events / Math.max(input.lineSeconds, 1e-3)))} events/s through the line (${input.lineSeconds.toFixed(1)} s), learning ${input.learningSeconds.toFixed(1)} s`,
  ]
}

const runLines = (run: BudgetRun): readonly string[] => [
  ...actionFigures(run).map(certified),
  `${count(run.asked)} of ${count(run.decisions)} decisions were asked of a person; ${run.suspensions.length} suspensions by the tripwire`,
]

function certified({
  action,
  alpha,
  since,
  acted,
  decisionsSince,
  errors,
  realised,
  kept,
  refusal,
  rows,
  oracle,
}: ActionFigures): string {
  const promise = `${action}, at most ${percent(alpha)} wrong:`
  if (since === null)
    return `${promise} refused on ${count(rows)} labelled cases${refusal === null ? '' : ` (${refusal})`}`
  const share = decisionsSince === 0 ? 0 : acted / decisionsSince
  const wrong =
    realised === null
      ? 'no outcome yet'
      : `${percent(realised.value)} wrong (${errors} of ${count(realised.n)})${kept ? '' : ', promise not kept'}`
  return `${promise} certified from ${new Date(since).toISOString().slice(0, 10)}, ${percent(share)} settled by itself, ${wrong}; ${against(oracle)}`
}

/** Of the second half, where the first has taught what there is to learn. */
function against({ n, settled, oracle, ratio, kept }: OracleFigures): string {
  const told = `second half: ${count(settled)} of ${count(n)}, the best single cut of these scores ${count(oracle)}`
  if (!kept) return `${told} (promise not kept)`
  return ratio === null ? told : `${told} (ratio ${ratio.toFixed(2)})`
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const count = (value: number): string => value.toLocaleString('en')
