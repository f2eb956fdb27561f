import type { Action, ActionOverview } from '@surety/contract'
import {
  certifyRecord,
  type RecordCounts,
  type Refusal,
  recordOutlook,
  recordShares,
  reviewsToUnlock,
} from '@surety/stats'
import type { KeptRecord } from '../../../store/records.ts'
import { deltaOf, thresholdAt } from './document-2.ts'
import { unlockingCut } from './record-lack.ts'
import { budgetsOfRecord } from './side-of.ts'

/** Labelled cases more than there are, for which is said what would be settled. */
const moreLabels = [100, 500, 2000]
/** Error budgets beside the one that holds, as parts of it. */
const otherBudgets = [0.5, 1.5, 2]

/** What the acting version and the certificate in force say of the same side. */
export interface OutlookOf {
  readonly action: Action
  readonly record: KeptRecord
  /** Its score at each cut, the loosest first; null: it has none. */
  readonly thresholds: readonly number[] | null
  /** Cut that is acted on by now; null: none. */
  readonly acted: number | null
  /** Loosest cut certified by now; null: none. */
  readonly certified: number | null
  readonly floor: number
  /** Share of the newest decisions that each cut held, the loosest first. */
  readonly covered: readonly number[]
  /** Share of all cases that the other action of the question does by itself by now. */
  readonly beside: number
}

/**
 * What an action settles by now and would settle: with more labels that are wrong as often as those so far, and at other budgets on
 * the same cases, where a change of budget costs half of delta. Expectations by the rule that certifies; nothing is promised by them.
 */
export function outlookView(of: OutlookOf): ActionOverview['outlook'] {
  const { record, acted, covered, beside } = of
  const { budget, starts, counts } = record
  const budgets = budgetsOfRecord(budget)
  const terms = { starts, budgets, delta: deltaOf(budget, record) }
  const shareAt = (cut: number | null): number => (cut === null ? 0 : covered[cut]!)
  const asked = (share: number): number => 100 * Math.max(0, 1 - share - beside)
  return {
    share: shareAt(acted),
    asked_per_100: asked(shareAt(acted)),
    with_more_labels: moreLabels.map(more => {
      const share = shareAt(given(recordOutlook(counts, more, terms)).loosest)
      return { more, share, asked_per_100: asked(share) }
    }),
    with_other_budgets: otherBudgets
      // As a person would write it.
      .map(part => Number((part * budget.alpha).toPrecision(12)))
      .filter(alpha => alpha < 1)
      .map(alpha => {
        const found = given(certifyRecord(counts, starts, { ...budgets, alpha }, terms.delta / 2))
        const share = shareAt(found.loosest)
        return { alpha, share, asked_per_100: asked(share) }
      }),
    unlock: unlockOf(of, counts, terms),
  }
}

/** Cases are drawn for people evenly from a region: that of the next certificate, beyond what is done by itself by now. */
function unlockOf(
  { action, record, thresholds, acted, certified, floor, covered }: OutlookOf,
  counts: RecordCounts,
  terms: Parameters<typeof reviewsToUnlock>[3],
): NonNullable<ActionOverview['outlook']>['unlock'] {
  if (thresholds === null) return null
  const region = unlockingCut(
    certified === null ? record.plan : Math.max(record.plan ?? 0, recordShares[certified]!),
    record.starts,
  )
  const { reviews, loosest } = given(reviewsToUnlock(counts, region, certified, terms))
  if (reviews === null || loosest === null) return null
  const share = covered[loosest]!
  const beyond = acted === null ? (action.side === 'act' ? 1 : 0) : thresholdAt(action, thresholds, acted, floor)
  const near = thresholdAt(action, thresholds, region, floor)
  const [from, to] = action.side === 'act' ? [near, beyond] : [beyond, near]
  return { reviews, from, to, share }
}

/** Budgets and delta of a record were checked as they were saved. */
function given<Found extends { readonly ok: true }>(found: Found | Refusal): Found {
  if (!found.ok) throw new Error(`a record has no outlook: ${found.detail}`)
  return found
}
