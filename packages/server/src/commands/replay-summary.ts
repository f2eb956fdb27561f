import type { Report } from '../replay/report/report-data.ts'

/** The end of a replay in a few lines for a terminal. */
export function summaryLines(report: Report): readonly string[] {
  const { auc, models, nights } = report
  const accepted = models.filter(model => model.verdict === 'accepted').length
  const figure = (value: number | null): string => (value === null ? '-' : value.toFixed(3))
  return [
    `${count(report.decisions)} decisions and ${count(report.outcomes)} outcomes, ${report.period.from?.slice(0, 10)} to ${report.period.to?.slice(0, 10)}`,
    auc.value === null
      ? `AUC: none. ${auc.reason}`
      : `AUC ${figure(auc.value)} (95 %: ${figure(auc.lower)} to ${figure(auc.upper)}) over ${count(auc.n)} decisions, each scored before its outcome was known`,
    `${nights.run} nights of learning (${nights.skipped} skipped for fewer than 2 % new labels): ${accepted} models accepted, ${models.length - accepted} refused`,
    `${count(report.events_per_second)} events/s through the line (${report.line_seconds.toFixed(1)} s), learning ${report.learning_seconds.toFixed(1)} s`,
  ]
}

const count = (value: number): string => value.toLocaleString('en')
