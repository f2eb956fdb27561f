import { urgencyLevel } from '@surety/contract'
import type { InboxRow, WaitingDecision } from '../../store/inbox.ts'
import { allOf, type Decided, type Review } from '../item.ts'

type Asked = Decided & { readonly verdict: { readonly review: Review } }
const isAsked = (item: Decided): item is Asked => item.verdict.review !== null

/** One place for the case, under its most urgent question; the others that wait stand in its list. null: nobody is asked. */
export function inboxRow(item: Decided): InboxRow | null {
  if (item.beside === undefined) return isAsked(item) ? askedRow(item, []) : null
  return placeOf(allOf(item).filter(isAsked))
}

/** The places of cases with a life of their own: one each, whatever of a batch hangs there. */
export function placesOf(items: readonly Decided[]): readonly InboxRow[] {
  const asked = items.flatMap(allOf).filter(isAsked)
  return [...Map.groupBy(asked, ({ caseId }) => caseId).values()].flatMap(all => placeOf(all) ?? [])
}

function placeOf(all: readonly Asked[]): InboxRow | null {
  if (all.length === 0) return null
  const leading = all.reduce((most, one) => (levelOf(one) < levelOf(most) ? one : most))
  const reviews = all.map(one => one.verdict.review)
  return {
    ...askedRow(
      leading,
      all.filter(one => one !== leading),
    ),
    dueAt: new Date(Math.min(...reviews.map(({ dueAt }) => dueAt.getTime()))),
    expiresAt: new Date(Math.max(...reviews.map(({ expiresAt }) => expiresAt.getTime()))),
    unlocks: reviews.some(({ unlocks }) => unlocks),
    audit: all.some(one => one.verdict.audited),
    // One opinion that is shown would tell of the others.
    blinded: reviews.some(({ blinded }) => blinded),
    draw: drawOf(reviews),
  }
}

/** Of several questions the one that is drawn first, each as the place is shown: one whose opinion is withheld hides the others. */
function drawOf(reviews: readonly Review[]): number {
  const blinded = reviews.some(review => review.blinded)
  return Math.min(...reviews.map(({ draw }) => (blinded ? draw.blinded : draw.shown)))
}

const levelOf = (item: Asked): number => urgencyLevel(item.verdict.review.urgency)

const askedRow = (item: Asked, others: readonly Asked[]): InboxRow => ({
  tenant: item.raw.tenant,
  eventId: item.eventId,
  decisionId: item.verdict.decisionId,
  pod: item.pod.name,
  caseId: item.caseId,
  recordedAt: item.recordedAt,
  action: item.verdict.action,
  urgency: levelOf(item),
  dueAt: item.verdict.review.dueAt,
  expiresAt: item.verdict.review.expiresAt,
  unlocks: item.verdict.review.unlocks,
  probability: item.score.probability,
  reason: item.verdict.reason,
  audit: item.verdict.audited,
  blinded: item.verdict.review.blinded,
  draw: drawOf([item.verdict.review]),
  others: others.length === 0 ? null : others.map(waitingOf),
})

const waitingOf = ({ verdict, recordedAt, score }: Asked): WaitingDecision => ({
  decisionId: verdict.decisionId,
  recordedAt: recordedAt.toISOString(),
  action: verdict.action,
  probability: score.probability,
  reason: verdict.reason,
})
