import type { Action } from '@surety/contract'
import {
  type Budget,
  type ChainStart,
  clopperPearson,
  cutTotals,
  neededRecordRows,
  type RecordCounts,
  recordShares,
} from '@surety/stats'
import { type ProvenShare, type Shortfall, shortfalls } from '../shortfall.ts'

/** What a record is held to, and what it has counted. */
export interface LackingRecord {
  readonly action: Pick<Action, 'alpha' | 'missBudget'>
  readonly starts: readonly ChainStart[]
  readonly counts: RecordCounts
  /** Wrong ones among them that have no label, inside each cut, the loosest first; see `countMissing`. */
  readonly assumed: readonly number[]
  /** Of the record. */
  readonly delta: number
  /** Share of the newest decisions that each cut held, the loosest first; null: there is none to tell it of. */
  readonly covered: readonly number[] | null
}

/**
 * What a record that certifies nothing lacks, at the cut where the main chain of its walk begins: rows, if they go on to be wrong as
 * often as so far, and for a clear cases of class 1. An expectation: nothing is certified by it. That a budget is missed is said
 * only where the labelled cases prove it: three wrong ones of twenty are no reason to give up at 10 %.
 */
export function recordLack({ action, starts, counts, assumed, delta, covered }: LackingRecord): Shortfall {
  const { cut, weight } = starts.at(-1)!
  const totals = cutTotals(counts)
  const [rows, wrong, share] = [totals.rows[cut]!, totals.wrong[cut]!, covered?.[cut] ?? null]
  const { alpha, missBudget } = action
  const unlabelled = assumed[cut] ?? 0
  const unclear = (budget: number) => ({
    budget,
    share,
    assumed: unlabelled,
    need: fewestAt({ epsilon: budget, delta }, weight),
  })
  const needed = neededRecordRows(rows === 0 ? 0 : wrong / rows, { epsilon: alpha, delta }, weight)
  if (!needed.ok) {
    const seen = proven(rows - unlabelled, wrong - unlabelled)
    if (seen.atLeast > alpha) return shortfalls.errorTooHigh(seen, alpha)
    return shortfalls.notEnoughEvidence(seen, { what: 'wrong', ...unclear(alpha) })
  }
  if (missBudget !== null && rows >= needed.n) {
    const { positives } = totals
    const toBound = neededRecordRows(positives === 0 ? 0 : wrong / positives, { epsilon: missBudget, delta }, weight)
    if (!toBound.ok) {
      const seen = proven(positives - (assumed[0] ?? 0), wrong - unlabelled)
      if (seen.atLeast > missBudget) return shortfalls.missBudget(seen, missBudget)
      return shortfalls.notEnoughEvidence(seen, { what: 'missed', ...unclear(missBudget) })
    }
    if (positives < toBound.n) return shortfalls.tooFewPositives(positives, toBound.n, missBudget, share)
  }
  // Where whole numbers of wrong ones make it fail again a row beyond what is needed.
  return shortfalls.tooFewLabels(rows, wrong, Math.max(rows + 1, needed.n), share)
}

/** One-sided at 95 %: the lower end of the two-sided interval at 90 %. */
function proven(n: number, wrong: number): ProvenShare {
  if (n === 0) return { n, wrong, atLeast: 0 }
  const interval = clopperPearson(wrong, n, 0.9)
  if (!interval.ok) throw new RangeError(interval.detail)
  return { n, wrong, atLeast: interval.lower }
}

/** The fewest rows inside that cut, none of them wrong, with which anything can be certified. */
export function fewestToCertify({ alpha, delta }: Pick<Action, 'alpha' | 'delta'>): number {
  return fewestAt({ epsilon: alpha, delta })
}

function fewestAt(budget: Budget, weight?: number): number {
  const needed = neededRecordRows(0, budget, weight)
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
