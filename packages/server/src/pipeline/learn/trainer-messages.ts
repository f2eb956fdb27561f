import type { FeatureSpec } from '@surety/contract'
import type { HistoryCase, HistoryOutcome } from './score-history.ts'
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
  | { readonly kind: 'history'; readonly cases: readonly HistoryCase[] }

export type FromWorker =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'outcome'; readonly outcome: TrainOutcome | HistoryOutcome }
  | { readonly kind: 'failed'; readonly message: string }
