import type { ReportModel } from '../report-input.ts'

/** Verdicts that follow each other and say the same: refused by the same checks. An accepted one stands alone. */
export interface VerdictGroup {
  readonly accepted: boolean
  /** Names of the checks that failed. */
  readonly failed: readonly string[]
  readonly verdicts: readonly ReportModel[]
}

export const failedChecks = (model: ReportModel): readonly string[] =>
  model.checks.filter(check => check.passed === false).map(check => check.name)

export function verdictGroups(models: readonly ReportModel[]): readonly VerdictGroup[] {
  const groups: { accepted: boolean; failed: readonly string[]; verdicts: ReportModel[] }[] = []
  for (const model of models) {
    const failed = failedChecks(model)
    const last = groups.at(-1)
    if (last !== undefined && !last.accepted && !model.accepted && last.failed.join() === failed.join()) {
      last.verdicts.push(model)
    } else groups.push({ accepted: model.accepted, failed, verdicts: [model] })
  }
  return groups
}

/** How often each check was among the reasons of a refusal, most frequent first; ties by first appearance. */
export function refusalCounts(models: readonly ReportModel[]): readonly { name: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const model of models) {
    if (model.accepted) continue
    for (const name of failedChecks(model)) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count)
}
