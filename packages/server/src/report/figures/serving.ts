import type { ReportInput } from '../report-input.ts'

/** Since when a model served, and how many decisions had one. */
export interface Serving {
  /** Epoch milliseconds of the first decision with a score; null when no model ever served. */
  readonly firstAt: number | null
  readonly scored: number
  readonly notScored: number
}

export function serving({ at, probability }: ReportInput): Serving {
  let firstAt: number | null = null
  let scored = 0
  for (let i = 0; i < at.length; i++) {
    if (Number.isNaN(probability[i]!)) continue
    firstAt ??= at[i]!
    scored++
  }
  return { firstAt, scored, notScored: at.length - scored }
}
