import type { BudgetRun, ReportAction } from '../report-input.ts'
import { promiseKept } from './promise-kept.ts'

/** What one action settled in the second half of a history, beside the best that one cut of the same scores could have. */
export interface OracleFigures {
  /** Decisions of the second half with a score and a known outcome: the sample of all that follows. */
  readonly n: number
  /** Of those, what the action settled by itself. */
  readonly settled: number
  readonly errors: number
  /** What the loosest cut would have settled that keeps the budgets on these very cases; nobody can know it beforehand. */
  readonly oracle: number
  /** `settled` to `oracle`; null: there was nothing to settle. */
  readonly ratio: number | null
  /** false: more were wrong than chance allows at the 1 % level, so the ratio means nothing. */
  readonly kept: boolean
}

/** @param index of the action in `input.actions` */
export function oracleOf(input: BudgetRun, action: ReportAction, index: number): OracleFigures {
  const half = Math.floor(input.at.length / 2)
  const cases: Case[] = []
  for (let i = half; i < input.at.length; i++) {
    const [p, label] = [input.actingProbability[i]!, input.outcome[i]!]
    if (Number.isNaN(p) || label < 0) continue
    cases.push({ p, label, settled: input.settled[i] === index })
  }
  const wrongLabel = action.side === 'act' ? 0 : 1
  const done = cases.filter(({ settled }) => settled)
  const errors = done.filter(({ label }) => label === wrongLabel).length
  const oracle = loosest(cases, action, wrongLabel)
  return {
    n: cases.length,
    settled: done.length,
    errors,
    oracle,
    ratio: oracle === 0 ? null : done.length / oracle,
    kept: promiseKept(errors, done.length, action.alpha),
  }
}

interface Case {
  readonly p: number
  readonly label: number
  readonly settled: boolean
}

/** The most that one cut covers with a wrong share, and for clears a missed share, within the budgets; equal scores go together. */
function loosest(cases: readonly Case[], { side, alpha, missBudget, floor }: ReportAction, wrongLabel: number): number {
  const positives = cases.filter(({ label }) => label === 1).length
  const sure = cases
    .filter(({ p }) => (side === 'act' ? p >= floor : p < floor))
    .sort((a, b) => (side === 'act' ? b.p - a.p : a.p - b.p))
  let wrong = 0
  let best = 0
  for (const [i, { p, label }] of sure.entries()) {
    if (label === wrongLabel) wrong++
    if (sure[i + 1]?.p === p) continue
    const missesFew = missBudget === null || side === 'act' || wrong <= missBudget * positives
    if (wrong <= alpha * (i + 1) && missesFew) best = i + 1
  }
  return best
}
