import type { FeatureSpec } from '@surety/contract'
import type { TrainOutcome, TrainRequest } from './train-model.ts'
import type { RowChange, RowSchema } from './training-row.ts'

export interface WorkerStart {
  readonly base: readonly FeatureSpec[]
  /** One 32-bit flag: not 0 asks the running training to stop. */
  readonly stop: SharedArrayBuffer
}

export type ToWorker =
  | { readonly kind: 'add'; readonly changes: readonly RowChange[]; readonly schema: RowSchema }
  | { readonly kind: 'train'; readonly request: TrainRequest }

export type FromWorker =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'outcome'; readonly outcome: TrainOutcome }
  | { readonly kind: 'failed'; readonly message: string }
