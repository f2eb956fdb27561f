import { clopperPearson, type ShareInterval } from '@surety/stats'
import type { BudgetRun, ReportAction } from '../report-input.ts'
import { type OracleFigures, oracleOf } from './oracle.ts'
import { promiseKept } from './promise-kept.ts'

/** What one action did by itself in the replay, against what was promised. */
export interface ActionFigures extends ReportAction {
  /** Epoch milliseconds of the first certificate; null: none was ever issued. */
  readonly since: number | null
  /** Decisions from then on, and those that were settled by this action without a person. */
  readonly decisionsSince: number
  readonly acted: number
  /** Of those, the ones whose outcome is known, and the wrong ones among them. */
  readonly labelled: number
  readonly errors: number
  /** Wrong share with its exact 95 % interval; null without a labelled act. */
  readonly realised: ShareInterval | null
  /** false: more were wrong than chance allows at the 1 % level. */
  readonly kept: boolean
  /** Clears: the positives from then on, and those that were cleared. */
  readonly positives: number
  readonly missed: number
  readonly windows: readonly ErrorWindow[]
  /** In the second half. */
  readonly oracle: OracleFigures
  readonly settledOverTime: readonly SettledWindow[]
}

/** What was settled of the decisions of a time, in windows of equal count. */
export interface SettledWindow {
  readonly from: number
  readonly to: number
  readonly n: number
  readonly settled: number
}

/** Wrong acts over time, in windows of equal count. */
export interface ErrorWindow {
  readonly from: number
  readonly to: number
  readonly errors: number
  readonly share: ShareInterval
}

const mostWindows = 12
/** Windows smaller than this have intervals too wide to look at. */
const windowActs = 50

export function actionFigures(input: BudgetRun): readonly ActionFigures[] {
  return input.actions.map((action, index) => figuresOf(input, action, index))
}

function figuresOf(input: BudgetRun, action: ReportAction, index: number): ActionFigures {
  const since = action.from === null ? null : Date.parse(action.from)
  const wrongLabel = action.side === 'act' ? 0 : 1
  const acts: { at: number; wrong: boolean }[] = []
  const counts = { decisionsSince: 0, acted: 0, labelled: 0, errors: 0, positives: 0, missed: 0 }
  for (let i = 0; i < input.at.length; i++) {
    if (since === null || input.at[i]! < since) continue
    counts.decisionsSince++
    const label = input.outcome[i]!
    if (label === 1) counts.positives++
    if (input.settled[i] !== index) continue
    counts.acted++
    if (label < 0) continue
    counts.labelled++
    const wrong = label === wrongLabel
    if (wrong) counts.errors++
    if (label === 1) counts.missed++
    acts.push({ at: input.at[i]!, wrong })
  }
  return {
    ...action,
    since,
    ...counts,
    realised: shareOf(counts.errors, counts.labelled),
    kept: promiseKept(counts.errors, counts.labelled, action.alpha),
    windows: windowsOf(acts),
    oracle: oracleOf(input, action, index),
    settledOverTime: settledOverTime(input, index),
  }
}

const shareOf = (hits: number, n: number): ShareInterval | null => {
  const share = n === 0 ? null : clopperPearson(hits, n)
  return share?.ok ? share : null
}

function settledOverTime({ at, settled }: BudgetRun, index: number): readonly SettledWindow[] {
  const windows = Math.min(mostWindows, at.length)
  return Array.from({ length: windows }, (_, k) => {
    const [first, end] = [Math.floor((k * at.length) / windows), Math.floor(((k + 1) * at.length) / windows)]
    const done = settled.subarray(first, end).reduce((sum, by) => sum + (by === index ? 1 : 0), 0)
    return { from: at[first]!, to: at[end - 1]!, n: end - first, settled: done }
  })
}

function windowsOf(acts: readonly { readonly at: number; readonly wrong: boolean }[]): readonly ErrorWindow[] {
  const windows = Math.max(1, Math.min(mostWindows, Math.floor(acts.length / windowActs)))
  return Array.from({ length: windows }, (_, k) => {
    const part = acts.slice(Math.floor((k * acts.length) / windows), Math.floor(((k + 1) * acts.length) / windows))
    const errors = part.filter(act => act.wrong).length
    return { from: part[0]?.at ?? 0, to: part.at(-1)?.at ?? 0, errors, share: shareOf(errors, part.length) }
  }).filter((window): window is ErrorWindow => window.share !== null)
}
