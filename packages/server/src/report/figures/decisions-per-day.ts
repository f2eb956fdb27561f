import type { ReportInput } from '../report-input.ts'

/** A day (UTC) of the virtual clock with at least one decision. */
export interface DayOfDecisions {
  /** Epoch milliseconds of its midnight. */
  readonly day: number
  readonly scored: number
  readonly notScored: number
}

export const dayMs = 86_400_000

export function decisionsPerDay({ at, probability }: ReportInput): readonly DayOfDecisions[] {
  const days = new Map<number, { day: number; scored: number; notScored: number }>()
  for (let i = 0; i < at.length; i++) {
    const day = Math.floor(at[i]! / dayMs) * dayMs
    const entry = days.get(day) ?? { day, scored: 0, notScored: 0 }
    days.set(day, entry)
    if (Number.isNaN(probability[i]!)) entry.notScored++
    else entry.scored++
  }
  return [...days.values()].sort((a, b) => a.day - b.day)
}
