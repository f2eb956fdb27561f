import type { Json, JsonObject } from '@surety/contract'
import type { CsvPlan } from './csv-plan.ts'

/** One row of a file as the line will see it. */
export interface RowFacts {
  /** From 1. */
  readonly number: number
  /** Epoch milliseconds. */
  readonly at: number
  /** Empty: the file names none. */
  readonly subject: string
  readonly cells: { readonly [column: string]: Json }
}

/** How the rows of a file become events of one pod. */
export interface RowShape {
  readonly pod: string
  /** Kinds of the events that ask and that answer. */
  readonly ask: string
  readonly answer: string
  caseIdOf(row: RowFacts): string
  askData(row: RowFacts, caseId: string): JsonObject
  answerData(caseId: string, label: 0 | 1): JsonObject
  /** What the pod must be told of the file before its first row: values by the name of the setting. @throws ReplayError */
  settings(plan: CsvPlan): { readonly [name: string]: JsonObject }
}
