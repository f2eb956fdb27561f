import type { Json, JsonObject } from './json.ts'

/** One row of a file of the past, as it will be asked about. */
export interface HistoryRow {
  /** From 1. */
  readonly number: number
  readonly at: Date
  /** Empty: the file names none. */
  readonly subject: string
  /** The columns that may be known when the question is asked. */
  readonly cells: { readonly [column: string]: Json }
}

/** A column whose values the rows carry. */
export interface HistoryColumn {
  readonly name: string
  readonly kind: string
}

/** What a pod must be told of a file before its first row (values by the name of the setting), or why it cannot read it. */
export type HistorySettings =
  | { readonly ok: true; readonly settings: { readonly [name: string]: JsonObject } }
  | { readonly ok: false; readonly code: string; readonly sentence: string }

/** How the rows of a file become events of a pod. */
export interface PodHistory {
  /** Kinds of the events that ask and that answer. */
  readonly asks: string
  readonly answers: string
  caseId(row: HistoryRow): string
  askData(row: HistoryRow, caseId: string): JsonObject
  answerData(caseId: string, label: 0 | 1): JsonObject
  settings(features: readonly HistoryColumn[], knownLater: readonly HistoryColumn[]): HistorySettings
}
