import type { Action } from '@surety/contract'
import { type ChainStart, cutTotals, neededRecordRows, type RecordCounts, recordShares } from '@surety/stats'
import { type Shortfall, shortfalls } from '../shortfall.ts'

/** What a record is held to, and what it has counted. */
export interface LackingRecord {
  readonly action: Pick<Action, 'alpha' | 'missBudget'>
  readonly starts: readonly ChainStart[]
  readonly counts: RecordCounts
  /** Of the record. */
  readonly delta: number
}

/**
 * What a record that certifies nothing lacks, at the cut where the main chain of its walk begins: rows, if they go on to be wrong as
 * often as so far, and for a clear cases of class 1. An expectation: nothing is certified by it.
 */
export function recordLack({ action, starts, counts, delta }: LackingRecord): Shortfall {
  const { cut, weight } = starts.at(-1)!
  const totals = cutTotals(counts)
  const [rows, wrong, share] = [totals.rows[cut]!, totals.wrong[cut]!, recordShares[cut]!]
  const { alpha, missBudget } = action
  const needed = neededRecordRows(rows === 0 ? 0 : wrong / rows, { epsilon: alpha, delta }, weight)
  if (!needed.ok) return shortfalls.errorTooHigh(rows, wrong, alpha)
  if (missBudget !== null && rows >= needed.n) {
    const { positives } = totals
    const toBound = neededRecordRows(positives === 0 ? 0 : wrong / positives, { epsilon: missBudget, delta }, weight)
    if (!toBound.ok) return shortfalls.missBudget(positives, wrong, missBudget)
    if (positives < toBound.n) return shortfalls.tooFewPositives(positives, toBound.n, missBudget, share)
  }
  // Where whole numbers of wrong ones make it fail again a row beyond what is needed.
  return shortfalls.tooFewLabels(rows, wrong, Math.max(rows + 1, needed.n), share)
}

/** The fewest rows inside that cut, none of them wrong, with which anything can be certified. */
export function fewestToCertify({ alpha, delta }: Pick<Action, 'alpha' | 'delta'>): number {
  const needed = neededRecordRows(0, { epsilon: alpha, delta })
  if (!needed.ok) throw new RangeError(needed.detail)
  return needed.n
}

/** Cases are asked for inside the region that could be unlocked: half as large again as what the model plans with. */
const planned = 1.5
const strictestStart = 3

/**
 * The cut within which a case counts towards the next certificate, while there is none: that of one and a half times the plan.
 * @param plan share that the starts were made of; null: they were not made of one, and the main start is a third of it
 */
export function unlockingCut(plan: number | null, starts: readonly ChainStart[]): number {
  const share = Math.min(1, planned * (plan ?? Math.min(1, strictestStart * recordShares[starts.at(-1)!.cut]!)))
  // The strictest that still holds that share.
  return Math.max(
    0,
    recordShares.findLastIndex(of => of >= share - 1e-12),
  )
}
