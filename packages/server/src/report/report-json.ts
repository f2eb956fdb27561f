import type { JsonObject } from '@surety/contract'
import type { AucInterval, Refusal } from '@surety/stats'
import type { ActionFigures } from './figures/autonomy-figures.ts'
import { type Calibration, type Figures, figuresOf } from './figures/figures.ts'
import type { ReliabilityPoint } from './figures/reliability.ts'
import type { BudgetRun, ReportInput, ReportModel } from './report-input.ts'
import { six } from './six-decimals.ts'

/**
 * The report as data. Keys stand in this order, numbers that are no counts have six decimals, and all but the last five
 * members (when and how fast it ran) are the same bytes for the same history and seed.
 */
export function reportJson(input: ReportInput, figures: Figures = figuresOf(input)): JsonObject {
  const { scored, serving } = figures
  return {
    format: 'surety.replay-report/1',
    title: input.title,
    pod: input.pod,
    label: input.label,
    positive: input.positive,
    time_column: input.timeColumn,
    delay_ms: input.delayMs,
    seed: input.seed,
    decimals: 6,
    period: { from: input.period.from, to: input.period.to },
    events: input.events,
    decisions: input.decisions,
    outcomes: input.outcomes,
    auc: aucJson(figures.auc, scored.y.length),
    serving: {
      first_model_at: serving.firstAt === null ? null : iso(serving.firstAt),
      decisions_with_model: serving.scored,
      decisions_without_model: serving.notScored,
    },
    nights: { run: input.nights.run, skipped: input.nights.skipped },
    models: input.models.map(modelJson),
    reasons: Object.fromEntries(Object.entries(input.reasons).sort(([a], [b]) => (a < b ? -1 : 1))),
    certified: figures.actions.map(certifiedJson),
    asked: input.asked,
    suspensions: suspensionsJson(input),
    other_budgets: input.others.map((run, k) => ({
      certified: figures.others[k]!.map(certifiedJson),
      asked: run.asked,
      suspensions: suspensionsJson(run),
    })),
    calibration: calibrationJson(figures.calibration, scored.y.length),
    reliability: reliabilityJson(figures.reliability, scored.y.length),
    auc_over_time: figures.windows.map(window => ({
      from: iso(window.from),
      to: iso(window.to),
      ...aucJson(window.auc, window.n),
    })),
    histogram: figures.histogram.map(bin => ({
      from: six(bin.from),
      to: six(bin.to),
      yes: bin.yes,
      no: bin.no,
      unknown: bin.unknown,
    })),
    decisions_per_day: figures.days.map(({ day, scored: withModel, notScored }) => ({
      day: iso(day).slice(0, 10),
      scored: withModel,
      not_scored: notScored,
    })),
    columns: input.columns.map(column => ({
      name: column.name,
      kind: column.kind,
      role: column.role,
      missing_share: six(column.missingShare),
      distinct: column.distinct,
      examples: [...column.examples],
    })),
    warnings: [...input.warnings],
    events_per_second: input.lineSeconds > 0 ? six(input.events / input.lineSeconds) : null,
    line_seconds: six(input.lineSeconds),
    learning_seconds: six(input.learningSeconds),
    latency_us: input.latencyUs === null ? null : { p50: six(input.latencyUs.p50), p99: six(input.latencyUs.p99) },
    run_at: input.runAt,
  }
}

const suspensionsJson = ({ suspensions }: BudgetRun): JsonObject[] =>
  suspensions.map(({ at, action, sentence }) => ({ at, action, sentence }))

const certifiedJson = (action: ActionFigures): JsonObject => ({
  action: action.action,
  alpha: six(action.alpha),
  delta: six(action.delta),
  from: action.from,
  share: action.decisionsSince === 0 ? 0 : six(action.acted / action.decisionsSince),
  acted: action.acted,
  errors: action.errors,
  upper: action.realised === null ? null : six(action.realised.upper),
  realised: action.realised === null ? null : six(action.realised.value),
  labelled: action.labelled,
  promise_kept: action.kept,
  decisions_since: action.decisionsSince,
  ...(action.side === 'clear'
    ? {
        miss_budget: six(action.missBudget),
        missed: action.missed,
        positives: action.positives,
      }
    : {}),
  rows: action.rows,
  certificates: action.certificates,
  refusal: action.refusal,
  second_half: {
    n: action.oracle.n,
    settled: action.oracle.settled,
    errors: action.oracle.errors,
    oracle: action.oracle.oracle,
    ratio: six(action.oracle.ratio),
    promise_kept: action.oracle.kept,
  },
  settled_over_time: action.settledOverTime.map(({ from, to, n, settled }) => ({
    from: iso(from),
    to: iso(to),
    n,
    settled,
  })),
})

const iso = (at: number): string => new Date(at).toISOString()

const reasonJson = ({ code, detail, have, need }: Refusal): JsonObject => ({
  reason: code,
  detail,
  have: six(have),
  need: six(need),
})

function aucJson(auc: AucInterval | Refusal, n: number): JsonObject {
  if (!auc.ok) return { value: null, lower: null, upper: null, n, ...reasonJson(auc) }
  return {
    value: six(auc.value),
    lower: six(auc.lower),
    upper: six(auc.upper),
    n: auc.n,
    positives: auc.positives,
    level: auc.level,
    method: auc.method,
  }
}

function modelJson(model: ReportModel): JsonObject {
  const [lower, upper] = model.auc_ci ?? [null, null]
  return {
    version: model.version,
    n_train: model.n_train,
    auc: six(model.auc),
    verdict: model.accepted ? 'accepted' : 'refused',
    sentence: model.sentence,
    at: model.at,
    auc_ci: model.auc_ci === null ? null : [six(lower), six(upper)],
    checks: model.checks.map(check => ({
      name: check.name,
      passed: check.passed,
      value: six(check.value),
      limit: six(check.limit),
      n: check.n,
      sentence: check.sentence,
    })),
  }
}

function calibrationJson({ error, line, brier, logLoss }: Calibration, n: number): JsonObject {
  const one = (found: { ok: true; value: number } | Refusal): JsonObject =>
    found.ok ? { value: six(found.value), n } : { value: null, n, ...reasonJson(found) }
  return {
    ece: { ...one(error), ...(error.ok ? { method: error.method } : {}) },
    slope: one(line.ok ? { ok: true, value: line.slope } : line),
    intercept: one(line.ok ? { ok: true, value: line.intercept } : line),
    brier: one(brier),
    log_loss: one(logLoss),
  }
}

function reliabilityJson(points: readonly ReliabilityPoint[] | Refusal, n: number): JsonObject {
  if ('ok' in points) return { n, points: [], ...reasonJson(points) }
  const rounded = points.map(point => ({
    n: point.n,
    yes: point.yes,
    said: six(point.said),
    seen: six(point.seen),
    lower: six(point.lower),
    upper: six(point.upper),
  }))
  return { n, points: rounded }
}
