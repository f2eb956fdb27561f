import type { FeatureSpec } from '@surety/contract'
import { type FirstModel, firstSchema, type ModelMetrics, type StoredEncoder } from './artefact.ts'
import { storedColumns } from './columns.ts'

/** The seven features of leads, for tests of files, gate and scorer. */
export const leadFeatures: readonly FeatureSpec[] = [
  { name: 'score', kind: 'numeric', meaning: 'score of the enrichment, 0..1' },
  { name: 'details_len', kind: 'numeric', meaning: 'length of the text, code points' },
  { name: 'hour_of_day', kind: 'cyclic', period: 24, meaning: 'local hour, 0..23' },
  { name: 'tenant', kind: 'categorical', meaning: 'tenant' },
  { name: 'intent', kind: 'categorical', meaning: 'intent' },
  { name: 'sentiment', kind: 'categorical', meaning: 'sentiment' },
  { name: 'urgency', kind: 'categorical', meaning: 'urgency' },
]

export const leadEncoders: { readonly [feature: string]: StoredEncoder } = {
  score: { kind: 'standard', mean: 0, std: 1, missing: false },
  details_len: { kind: 'standard', mean: 50, std: 20, missing: false },
  hour_of_day: { kind: 'cyclic', period: 24, missing: false },
  tenant: { kind: 'onehot', levels: ['acme'], other: true },
  intent: { kind: 'onehot', levels: ['info', 'quote', 'support'], other: true },
  sentiment: { kind: 'onehot', levels: ['negative', 'neutral', 'positive'], other: true },
  urgency: { kind: 'onehot', levels: ['high', 'low', 'medium'], other: true },
}

interface Change {
  readonly version?: number
  readonly encoders?: { readonly [feature: string]: StoredEncoder }
  /** By column; all others are 0. */
  readonly weights?: { readonly [column: string]: number }
  readonly intercept?: number
  readonly metrics?: Partial<ModelMetrics>
}

/** A hand-made model of leads in which only the named columns weigh anything, as the first format has it. */
export function exampleModel(change: Change = {}): FirstModel {
  const encoders = { ...leadEncoders, ...change.encoders }
  const features = Object.keys(encoders)
  const columns = features.flatMap(name => storedColumns(name, encoders[name]!))
  const numbers = { mean: 50, std: 20, min: 0, max: 200 }
  return {
    schema: firstSchema,
    version: change.version ?? 1_730_483_820,
    pod: 'customer-ops',
    tenant: '*',
    features,
    encoders,
    columns,
    coefficients: columns.map(column => change.weights?.[column] ?? 0),
    intercept: change.intercept ?? 0,
    calibration: { a: 1, b: 0 },
    feature_stats: {
      score: { mean: 0.6, std: 0.1, min: 0.3, max: 0.8 },
      details_len: numbers,
      hour_of_day: { mean: 12, std: 5, min: 0, max: 23 },
    },
    metrics: {
      auc: 0.78,
      auc_ci: [0.72, 0.83],
      brier: 0.2,
      n_train: 523,
      n_test: 130,
      baseline_rate: 0.4,
      ...change.metrics,
    },
    training: { from: '2024-09-01T00:00:00Z', to: '2024-11-01T00:00:00Z', label_sources: { reported: 653 }, seed: 1 },
  }
}
