import { type FeatureKind, type JsonObject, mainQuestion } from '@surety/contract'
import type { Encoder } from '@surety/stats'

/** The kind of file this program writes. */
export const artefactSchema = 'surety.model/2'
/** The kind it wrote first, and reads for ever: a logistic model of the question `main`. */
export const firstSchema = 'surety.model/1'

/**
 * How one feature becomes columns, as stored; the name is the key. What may be left out by a program that trained
 * elsewhere: `missing` (false), `other` (true), the centre of a circle (0, 0).
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
  | { readonly kind: 'onehot'; readonly levels: readonly string[]; readonly other?: OtherLevel }
  | { readonly kind: 'boolean'; readonly mean: number; readonly missing?: boolean }

/**
 * Where a level goes that is not listed. `true`: into a column of its own, which training rows filled. `zero`: none did; every column of the
 * feature is 0 for it. `false`: none did, and it cannot be scored, which is what models say that were trained before `zero`.
 */
export type OtherLevel = boolean | 'zero'

/** Without a training row that fell into `other` its column would mean nothing. */
export const hasOther = (encoder: StoredEncoder & { readonly kind: 'onehot' }): boolean =>
  encoder.other === undefined || encoder.other === true

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

/** A logistic model: log-odds = intercept + the sum of coefficient · column. */
export type LogisticFit = {
  readonly kind: 'logistic'
  readonly columns: readonly string[]
  readonly coefficients: readonly number[]
  /** Mean of each column over the training rows: what explanations are measured from. Unknown to models trained elsewhere. */
  readonly column_means?: readonly number[]
  readonly intercept: number
}

/**
 * One tree as lists side by side, one entry a node, the root first. The children of a node are `left` and the node after
 * it; 0 is a leaf. A value goes left when it is at most the threshold; a missing one where `missing_left` is 1.
 */
export type StoredTree = {
  readonly left: readonly number[]
  /** Place in `columns` that the node asks about; 0 at a leaf. */
  readonly column: readonly number[]
  readonly threshold: readonly number[]
  readonly missing_left: readonly number[]
  /** Log-odds that a leaf adds; 0 elsewhere. */
  readonly value: readonly number[]
  /** How much training evidence came through the node: explanations average by it. */
  readonly cover: readonly number[]
}

/** Boosted trees: log-odds = base + the value of one leaf a tree, added in order. */
export type TreesFit = {
  readonly kind: 'trees'
  /** A category has the columns of a logistic model, 0 or 1; anything else is one column with the value as it is. */
  readonly columns: readonly string[]
  readonly base: number
  readonly trees: readonly StoredTree[]
}

type Facts = {
  /** Time of training, epoch seconds. */
  readonly version: number
  readonly tenant?: string
  readonly features: readonly string[]
  readonly encoders: { readonly [feature: string]: StoredEncoder }
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

export type FirstModel = Facts &
  Omit<LogisticFit, 'kind'> & { readonly schema: typeof firstSchema; readonly pod?: string }

export type SecondModel = Facts & {
  readonly schema: typeof artefactSchema
  readonly pod: string
  /** Its name within the pod. */
  readonly question: string
  readonly fit: LogisticFit | TreesFit
}

/** model.json without digest and signature: what the digest is taken over. */
export type UnsignedModel = FirstModel | SecondModel

export type ModelArtefact = UnsignedModel & { readonly digest: string; readonly signature: Signature }

/** What the model computes, whichever format its file has. */
export function fitOf(model: UnsignedModel): LogisticFit | TreesFit {
  if (model.schema === artefactSchema) return model.fit
  const { columns, coefficients, column_means: means, intercept } = model
  return { kind: 'logistic', columns, coefficients, intercept, ...(means === undefined ? {} : { column_means: means }) }
}

/** What a model can be. */
export type ModelKind = SecondModel['fit']['kind']

export const questionOf = (model: UnsignedModel): string =>
  model.schema === artefactSchema ? model.question : mainQuestion

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
      return { kind: 'onehot', levels: encoder.levels, other: otherTrained || 'zero' }
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
