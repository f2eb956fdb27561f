import type { FeatureSpec, JsonObject } from '@surety/contract'
import type { FeatureStats, LogisticFit, ModelKind, StoredEncoder, TreesFit } from '../../model/artefact.ts'
import { fitLogisticCandidate } from './logistic-candidate.ts'
import { prepare } from './prepare.ts'
import type { TrainingRow } from './training-row.ts'
import { fitTreesCandidate } from './trees-candidate.ts'

export interface Candidate {
  readonly features: readonly string[]
  readonly encoders: { readonly [feature: string]: StoredEncoder }
  readonly featureStats: { readonly [feature: string]: FeatureStats }
  readonly fit: LogisticFit | TreesFit
  readonly calibration: { readonly a: number; readonly b: number }
  readonly outOfFoldRows: number
  /** Log-odds of the held-out rows, before the calibration. */
  readonly heldOut: Float64Array
  /** What was chosen on the folds, for the card: the strength of the penalty, or the number of trees. */
  readonly chosen: JsonObject
  /** The same in words: "strength 0.1". */
  readonly words: string
}

export type Fitted =
  | { readonly ok: true; readonly candidate: Candidate }
  | { readonly ok: false; readonly stopped: boolean; readonly sentence: string }

/** Called between steps; false ends the fit. */
export type Tick = (done: number, total: number) => boolean

/**
 * Fits encoders, model and calibration on the first `trainRows` rows only. No class weights, no randomness: the same rows
 * give the same bytes.
 */
export function fitCandidate(
  kind: ModelKind,
  specs: readonly FeatureSpec[],
  rows: readonly TrainingRow[],
  labels: Uint8Array,
  trainRows: number,
  tick: Tick,
): Fitted {
  const prepared = prepare(specs, rows, labels, trainRows)
  return kind === 'trees' ? fitTreesCandidate(prepared, tick) : fitLogisticCandidate(prepared, tick)
}
