import type { ReportInput } from '../report/report-input.ts'
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
    `${count(Math.round(input.events / Math.max(input.lineSeconds, 1e-3)))} events/s through the line (${input.lineSeconds.toFixed(1)} s), learning ${input.learningSeconds.toFixed(1)} s`,
  ]
}

const count = (value: number): string => value.toLocaleString('en')
