import { checkLevel } from '../level.ts'
import type { Refusal } from '../refusal.ts'
import type { ActionSide } from '../risk/certify-threshold.ts'
import { type CutTotals, cutTotals, type RecordCounts } from './counts.ts'
import { recordEvidence, recordUpperBound } from './evidence.ts'
import { type CertifiedCuts, type ChainStart, certifyCuts } from './walk.ts'

/** What an action may get wrong. */
export interface ActionBudgets {
  /** Largest share of wrong ones among what the action covers, in (0, 1). */
  readonly alpha: number
  /** Clears only: largest share of class 1 that may be cleared, in (0, 1); null: no such budget. */
  readonly beta: number | null
}

/** What a record proves at a moment. */
export interface CertifiedRecord extends CertifiedCuts {
  /** ln evidence per cut, the loosest first: that of the worse of both budgets. */
  readonly evidence: Float64Array
  /** ln 1/delta: what the weighted evidence must reach. */
  readonly limit: number
  readonly totals: CutTotals
}

/**
 * ln evidence of each cut. A clear with two budgets has that of the worse one: a cut is bad when either is broken, so both
 * are tested at the whole delta (intersection-union, Berger 1982).
 * @returns Float64Array(64), the loosest cut first
 */
export function recordEvidences({ rows, wrong, positives }: CutTotals, { alpha, beta }: ActionBudgets): Float64Array {
  return Float64Array.from(rows, (inside, cut) => {
    const errors = recordEvidence(wrong[cut]!, inside, alpha)
    return beta === null ? errors : Math.min(errors, recordEvidence(wrong[cut]!, positives, beta))
  })
}

/**
 * The cuts that a record certifies: P(any cut in use ever has an average true error above its budget) <= delta, over all
 * versions that decided and however often one looks.
 * @param starts fixed when the record began; see `recordStarts`
 * @param delta  of this record; see `recordDelta`
 * @returns      or `out_of_range` (a budget or delta outside (0, 1))
 * @cost 64 evidences: less than a tenth of a millisecond
 */
export function certifyRecord(
  counts: RecordCounts,
  starts: readonly ChainStart[],
  budgets: ActionBudgets,
  delta: number,
): CertifiedRecord | Refusal {
  const problem = checkLevel(budgets.alpha, 'alpha') ?? checkLevel(budgets.beta ?? 0.5, 'beta')
  if (problem) return problem
  const totals = cutTotals(counts)
  const evidence = recordEvidences(totals, budgets)
  const certified = certifyCuts(evidence, starts, delta)
  return certified.ok ? { ...certified, evidence, limit: -Math.log(delta), totals } : certified
}

/** How far a cut of a record can still be wrong, at the whole delta. */
export interface CutBounds {
  readonly rows: number
  readonly wrong: number
  /** Largest average share of wrong ones that is not ruled out. */
  readonly upper: number
  /** Clears only: largest average share of class 1 cleared that is not ruled out. */
  readonly missUpper: number | null
}

/** Of one cut, 0 to 63, for the sentence of a certificate. */
export function cutBounds(
  { rows, wrong, positives }: CutTotals,
  cut: number,
  side: ActionSide,
  delta: number,
): CutBounds {
  const [inside, bad] = [rows[cut]!, wrong[cut]!]
  return {
    rows: inside,
    wrong: bad,
    upper: recordUpperBound(bad, inside, delta),
    missUpper: side === 'no' ? recordUpperBound(bad, positives, delta) : null,
  }
}

/**
 * delta of a record: each suspension of its action before it began, and each change of budget on it, halves it.
 * @param delta    the action's own, in (0, 1)
 * @param halvings whole number >= 0
 */
export function recordDelta(delta: number, halvings: number): number {
  if (!(delta > 0 && delta < 1 && Number.isInteger(halvings) && halvings >= 0))
    throw new RangeError(`recordDelta(${delta}, ${halvings}) is not defined`)
  return delta / 2 ** halvings
}
