/** What a replay hands to its report: plain data, no clock, no database. */
export interface ReportInput {
  /** Name of the file, or of the data in words. */
  readonly title: string
  readonly pod: string
  /** Name of the answer column and its value that counts as yes. */
  readonly label: string
  readonly positive: string
  readonly timeColumn: string | null
  readonly delayMs: number
  readonly seed: number
  readonly columns: readonly ReportColumn[]
  readonly warnings: readonly string[]
  readonly events: number
  readonly decisions: number
  /** Recorded outcomes. */
  readonly outcomes: number
  /** ISO instants of the virtual clock. */
  readonly period: { readonly from: string; readonly to: string }
  readonly reasons: { readonly [reason: string]: number }
  /** One entry per decision in time order: epoch milliseconds. */
  readonly at: Float64Array
  /** Same order; NaN where no model scored. */
  readonly probability: Float64Array
  /** Same order, of the version that is acted on: what was settled was settled by this score; NaN where it said nothing. */
  readonly actingProbability: Float64Array
  /** Same order; 1, 0, or -1 where no outcome is known. */
  readonly outcome: Int8Array
  /** Same order: the index in `actions` of what settled it without a person, or -1. */
  readonly settled: Int8Array
  readonly actions: readonly ReportAction[]
  /** Decisions that a person had to make. */
  readonly asked: number
  readonly suspensions: readonly { readonly at: string; readonly action: string; readonly sentence: string }[]
  /** The same history once more for each further set of error budgets. */
  readonly others: readonly BudgetRun[]
  readonly models: readonly ReportModel[]
  readonly nights: { readonly run: number; readonly skipped: number }
  readonly lineSeconds: number
  readonly learningSeconds: number
  readonly latencyUs: { readonly p50: number; readonly p99: number } | null
  /** ISO instant of the wall clock. */
  readonly runAt: string
}

/** What error budgets change of a history: its nights, labels and champions are the same with any. */
export type BudgetRun = Pick<
  ReportInput,
  'at' | 'actingProbability' | 'outcome' | 'settled' | 'actions' | 'decisions' | 'asked' | 'suspensions'
>

/** One action with its budget, and what its record certified. */
export interface ReportAction {
  readonly action: string
  readonly side: 'act' | 'clear'
  readonly alpha: number
  readonly delta: number
  readonly missBudget: number | null
  /** The operator's threshold: acts lie at or above it, clears below it. */
  readonly floor: number
  /** ISO instant of the first certificate; null: there was none. */
  readonly from: string | null
  readonly certificates: number
  /** Labelled cases that its record counted. */
  readonly rows: number
  /** What was missing for a certificate at the end, in a sentence; null: one held, or no model ever served. */
  readonly refusal: string | null
}

export interface ReportColumn {
  readonly name: string
  readonly kind: string
  readonly role: 'feature' | 'label' | 'time' | 'subject' | 'ignored' | 'known_later'
  /** 0 to 1 */
  readonly missingShare: number
  readonly distinct: number
  readonly examples: readonly string[]
}

/** The verdict of one night, in order of time. */
export interface ReportModel {
  readonly at: string
  readonly version: number
  readonly n_train: number
  readonly auc: number | null
  readonly auc_ci: readonly [number, number] | null
  readonly accepted: boolean
  readonly sentence: string
  readonly checks: readonly ReportCheck[]
}

export interface ReportCheck {
  readonly name: string
  readonly passed: boolean | null
  readonly value: number | null
  readonly limit: number | null
  readonly n: number | null
  readonly sentence: string
}
