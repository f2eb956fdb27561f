/** One named check of a candidate: what was found, what was needed, and a sentence for people. */
export type Check = {
  readonly name: CheckName
  /** null: could not be judged, which never refuses. */
  readonly passed: boolean | null
  readonly value: number | null
  readonly limit: number | null
  /** Rows behind the value. */
  readonly n: number | null
  readonly sentence: string
}

export type CheckName =
  | 'enough_rows'
  | 'hold_out'
  | 'fit'
  | 'auc_floor'
  | 'auc_lower_bound'
  | 'champion'
  | 'better'
  | 'brier'
  | 'segments'
  | 'live_labels'
  | 'freshness'
  | 'leak'
  | 'flipped_labels'
  | 'calibration'
  | 'golden_cases'

/** Accept or refuse, and why: written into the audit log and beside the model. */
export type Verdict = {
  readonly accepted: boolean
  readonly version: number
  readonly n_train: number
  readonly n_test: number
  readonly auc: number | null
  readonly auc_ci: readonly [number, number] | null
  readonly sentence: string
  readonly checks: readonly Check[]
}

interface Found {
  readonly version: number
  readonly trainRows: number
  readonly testRows: number
  readonly auc: number | null
  readonly aucInterval: readonly [number, number] | null
}

/** Accepted when no check failed. */
export function reach(checks: readonly Check[], found: Found): Verdict {
  const failed = checks.filter(check => check.passed === false)
  const known = { version: found.version, n_train: found.trainRows, n_test: found.testRows }
  const sentence =
    failed.length === 0
      ? `Accepted: ${checks.filter(check => check.passed === true).length} checks passed.`
      : `Refused: ${failed.map(check => check.sentence).join(' ')}${failed.some(({ name }) => name === 'better') ? ' That confirms the champion.' : ''}`
  return { accepted: failed.length === 0, ...known, auc: found.auc, auc_ci: found.aucInterval, sentence, checks }
}

type Numbers = { readonly value?: number | null; readonly limit?: number; readonly n?: number }

export function check(name: CheckName, passed: boolean | null, sentence: string, numbers: Numbers = {}): Check {
  const { value = null, limit = null, n = null } = numbers
  return { name, passed, value, limit, n, sentence }
}

/** 0.7126 -> "0.713" */
export const shown = (value: number): string => value.toFixed(3)
