import type { FeatureSpec, FeatureValue } from '@surety/contract'

/** One settled case as the trainer sees it. Values are the recorded ones, never computed again. */
export interface TrainingRow {
  /** Unique: a row handed in again under its id replaces the former one. */
  readonly id: string
  /** Time of the decision, of what was imported that of the case; epoch milliseconds; the place in the file where no time is known. */
  readonly at: number
  /** In the order of the schema it is handed in with. */
  readonly values: readonly FeatureValue[]
  readonly label: 0 | 1
  readonly tenant: string
  /** reported · window · imported */
  readonly source: string
  /** human · audit · bulk · imported · silence, where it is known. */
  readonly quality?: string
}

/** The names behind the values of a row. */
export interface RowSchema {
  readonly hash: string
  readonly specs: readonly FeatureSpec[]
}

/** A case that lost its final label is taken out again. */
export type RowChange = TrainingRow | { readonly id: string; readonly label: null }

/** Rows in time order, all in one order of features: what a model is fitted on. */
export interface TrainingSet {
  readonly specs: readonly FeatureSpec[]
  readonly rows: readonly TrainingRow[]
}
