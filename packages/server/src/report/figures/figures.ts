import {
  type AucInterval,
  aucInterval,
  type Brier,
  brier,
  type CalibrationError,
  type CalibrationLine,
  calibrationLine,
  expectedCalibrationError,
  type LogLoss,
  logLoss,
  type Refusal,
} from '@surety/stats'
import type { ReportInput } from '../report-input.ts'
import { type AucWindow, aucOverTime } from './auc-over-time.ts'
import { type ActionFigures, actionFigures } from './autonomy-figures.ts'
import { type BaseRate, baseRate } from './base-rate.ts'
import { type DayOfDecisions, decisionsPerDay } from './decisions-per-day.ts'
import { type ReliabilityPoint, reliability } from './reliability.ts'
import { type ScoreBin, scoreHistogram } from './score-histogram.ts'
import { type ScoredDecisions, scoredDecisions } from './scored-decisions.ts'
import { type Serving, serving } from './serving.ts'

/** Every number of the report, computed once for the JSON file and the page. */
export interface Figures {
  readonly scored: ScoredDecisions
  readonly auc: AucInterval | Refusal
  readonly calibration: Calibration
  readonly reliability: readonly ReliabilityPoint[] | Refusal
  readonly windows: readonly AucWindow[]
  readonly histogram: readonly ScoreBin[]
  readonly days: readonly DayOfDecisions[]
  readonly serving: Serving
  readonly baseRate: BaseRate | null
  readonly actions: readonly ActionFigures[]
  /** The same for each further set of error budgets. */
  readonly others: readonly (readonly ActionFigures[])[]
}

export interface Calibration {
  readonly error: CalibrationError | Refusal
  readonly line: CalibrationLine | Refusal
  readonly brier: Brier | Refusal
  readonly logLoss: LogLoss | Refusal
}

export function figuresOf(input: ReportInput): Figures {
  const scored = scoredDecisions(input)
  const { p, y } = scored
  return {
    scored,
    auc: aucInterval(p, y),
    calibration: {
      error: expectedCalibrationError(p, y),
      line: calibrationLine(p, y),
      brier: brier(p, y),
      logLoss: logLoss(p, y),
    },
    reliability: reliability(scored),
    windows: aucOverTime(scored),
    histogram: scoreHistogram(input),
    days: decisionsPerDay(input),
    serving: serving(input),
    baseRate: baseRate(input),
    actions: actionFigures(input),
    others: input.others.map(actionFigures),
  }
}
