import { rng } from '@surety/stats'
import type { ReportInput, ReportModel } from '../report-input.ts'

const dayMs = 86_400_000
const start = Date.UTC(2024, 0, 8, 9)

/** A history of `rows` decisions over 120 days whose first third had no model; scores rank the outcomes fairly well. */
export function sampleInput(rows: number, changes: Partial<ReportInput> = {}): ReportInput {
  const random = rng(7)
  const at = Float64Array.from({ length: rows }, (_, i) => start + Math.floor((i * 120 * dayMs) / Math.max(1, rows)))
  const said = Float64Array.from({ length: rows }, () => 0.02 + 0.7 * random.uniform() ** 2)
  const outcome = Int8Array.from(said, p => (random.uniform() < p ? 1 : 0))
  const probability = said.map((p, i) => (i < rows / 3 ? Number.NaN : p))
  return {
    title: 'history.csv',
    pod: 'table',
    label: 'converted',
    positive: 'yes',
    timeColumn: 'created',
    delayMs: 7 * dayMs,
    seed: 42,
    columns: [
      { name: 'created', kind: 'time', role: 'time', missingShare: 0, distinct: rows, examples: ['2024-01-08'] },
      { name: 'age', kind: 'number', role: 'feature', missingShare: 0.0123, distinct: 61, examples: ['44', '31'] },
      { name: 'converted', kind: 'category', role: 'label', missingShare: 0, distinct: 2, examples: ['yes', 'no'] },
    ],
    warnings: [],
    events: 2 * rows,
    decisions: rows,
    outcomes: rows,
    period: {
      from: new Date(at[0] ?? start).toISOString(),
      to: new Date((at.at(-1) ?? start) + 7 * dayMs).toISOString(),
    },
    reasons: rows === 0 ? {} : { not_certified: rows - Math.floor(rows / 3), no_model: Math.floor(rows / 3) },
    at,
    probability,
    actingProbability: changes.probability ?? probability,
    outcome,
    settled: Int8Array.from(said, (p, i) => (i < rows / 2 ? -1 : p < 0.1 ? 1 : -1)),
    actions: [
      {
        action: 'yes',
        side: 'act',
        alpha: 0.1,
        delta: 0.05,
        missBudget: null,
        floor: 0.5,
        from: null,
        certificates: 0,
        rows: 29,
        refusal: '12 of the 29 cases that are surest were wrong.',
      },
      {
        action: 'no',
        side: 'clear',
        alpha: 0.05,
        delta: 0.05,
        missBudget: 0.2,
        floor: 0.5,
        from: rows === 0 ? null : new Date(start + 60 * dayMs).toISOString(),
        certificates: 1,
        rows: 312,
        refusal: null,
      },
    ],
    asked: rows,
    suspensions: [],
    others: [],
    models: rows === 0 ? [] : [refusedModel(1, 30, 0.61), acceptedModel(2, 40, 0.74)],
    nights: { run: rows === 0 ? 0 : 2, skipped: rows === 0 ? 0 : 116 },
    lineSeconds: 1.25,
    learningSeconds: 2.5,
    latencyUs: { p50: 410, p99: 1900 },
    runAt: '2026-01-02T03:04:05.000Z',
    ...changes,
  }
}

export function acceptedModel(version: number, day: number, auc: number): ReportModel {
  const checks = [
    { name: 'auc_floor', passed: true, value: auc, limit: 0.65, n: 400, sentence: `AUC ${auc} on 400 later cases.` },
  ]
  const known = { version, n_train: 100 * day, auc, auc_ci: [auc - 0.05, auc + 0.05] as const }
  return { at: night(day), ...known, accepted: true, sentence: 'Accepted: 1 checks passed.', checks }
}

export function refusedModel(version: number, day: number, auc: number): ReportModel {
  const sentence = `AUC ${auc} on 400 later cases; 0.65 is needed.`
  const checks = [{ name: 'auc_floor', passed: false, value: auc, limit: 0.65, n: 400, sentence }]
  return { ...acceptedModel(version, day, auc), accepted: false, sentence: `Refused: ${sentence}`, checks }
}

const night = (day: number): string => new Date(start + day * dayMs - 9 * 3_600_000 + 197 * 60_000).toISOString()

/** What a hostile file could put into names, values and examples. */
export const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202e\u0000&amp;'
