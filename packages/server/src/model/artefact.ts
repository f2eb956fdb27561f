import type { FeatureKind, JsonObject } from '@surety/contract'
import type { Encoder } from '@surety/stats'

/** The kind of file this program writes and reads. */
export const artefactSchema = 'surety.model/1'

/**
 * How one feature becomes columns, as stored; the name is the key. What may be left out by a program that trained
 * elsewhere: `missing` (false), `other` (true; false = no training row ever went there), the centre of a circle (0, 0).
 */
export type StoredEncoder =
  | {
      readonly kind: 'standard'
      readonly mean: number
      readonly std: number
      readonly missing?: boolean
    }
  | {
      readonly kind: 'cyclic'
      readonly period: number
      readonly sin_mean?: number
      readonly cos_mean?: number
      readonly missing?: boolean
    }
  | { readonly kind: 'onehot'; readonly levels: readonly string[]; readonly other?: boolean }
  | { readonly kind: 'boolean'; readonly mean: number; readonly missing?: boolean }

export type FeatureStats = { readonly mean: number; readonly std: number; readonly min: number; readonly max: number }

export type ModelMetrics = {
  readonly auc: number
  /** 95 %, two-sided. */
  readonly auc_ci: readonly [number, number]
  readonly brier: number
  readonly n_train: number
  readonly n_test: number
  readonly baseline_rate: number
}

export type Signature = { readonly alg: 'Ed25519'; readonly key_id: string; readonly value: string }

/** model.json without digest and signature: what the digest is taken over. */
export type UnsignedModel = {
  readonly schema: typeof artefactSchema
  /** Time of training, epoch seconds. */
  readonly version: number
  readonly pod?: string
  readonly tenant?: string
  readonly features: readonly string[]
  readonly encoders: { readonly [feature: string]: StoredEncoder }
  readonly columns: readonly string[]
  readonly coefficients: readonly number[]
  /** Mean of each column over the training rows: what explanations are measured from. Unknown to models trained elsewhere. */
  readonly column_means?: readonly number[]
  readonly intercept: number
  readonly calibration: { readonly a: number; readonly b: number }
  readonly feature_stats: { readonly [feature: string]: FeatureStats }
  readonly metrics: ModelMetrics
  readonly training: {
    readonly from: string | null
    readonly to: string | null
    readonly label_sources: { readonly [source: string]: number }
    readonly seed: number
  }
  /** What the model card shows beside the metrics; unknown to models trained elsewhere. */
  readonly report?: JsonObject
}

export type ModelArtefact = UnsignedModel & { readonly digest: string; readonly signature: Signature }

/** The kind of feature that each encoder reads. */
export const featureKindOf: { readonly [K in StoredEncoder['kind']]: FeatureKind } = {
  standard: 'numeric',
  cyclic: 'cyclic',
  onehot: 'categorical',
  boolean: 'boolean',
}

/** The stored form of a fitted encoder. `otherTrained`: at least one training row fell into the level `other`. */
export function storeEncoder(encoder: Encoder, otherTrained: boolean): StoredEncoder {
  switch (encoder.kind) {
    case 'onehot':
      return { kind: 'onehot', levels: encoder.levels, other: otherTrained }
    case 'boolean':
      return { kind: 'boolean', mean: encoder.mean, missing: encoder.missing }
    case 'cyclic': {
      const { period, sinMean = 0, cosMean = 0, missing } = encoder
      return { kind: 'cyclic', period, sin_mean: sinMean, cos_mean: cosMean, missing }
    }
    case 'standard': {
      const { mean, std, missing } = encoder
      return { kind: 'standard', mean, std, missing }
    }
  }
}

/** Range of the raw values of a number, for drift and the model card; other kinds have none. */
export function statsOf(encoder: Encoder): FeatureStats | null {
  if (encoder.kind !== 'standard' && encoder.kind !== 'cyclic') return null
  const { mean, std, min, max } = encoder
  return { mean, std, min, max }
}

/** The form that the statistics package encodes and scores with; it always has a column `other`. */
export function readEncoder(name: string, stored: StoredEncoder): Encoder {
  // Range and, on the circle, mean describe only; encoding does not use them.
  const unused = { min: 0, max: 0 }
  switch (stored.kind) {
    case 'onehot':
      return { kind: 'onehot', name, levels: stored.levels }
    case 'boolean':
      return { kind: 'boolean', name, mean: stored.mean, missing: stored.missing === true }
    case 'cyclic': {
      const { period, sin_mean: sinMean = 0, cos_mean: cosMean = 0, missing = false } = stored
      return { kind: 'cyclic', name, period, mean: 0, std: 0, ...unused, sinMean, cosMean, missing }
    }
    case 'standard': {
      const { mean, std, missing = false } = stored
      return { kind: 'standard', name, mean, std, ...unused, missing }
    }
  }
}
