import {
  type Asking,
  groupId,
  type HangsOn,
  type Reason,
  type Severity,
  severities,
  urgencyOfSeverity,
} from '@surety/contract'
import type { Decided, Judged, Review, Verdict } from '../item.ts'
import { askedAs, type CaseBook, type Reached } from './case-book.ts'

/** A decision of a stateful event. */
export type Answered = Judged & Decided

const level = (severity: Severity): number => severities.indexOf(severity)

const askedBy = ({ question, look }: Answered): string => askedAs(question.name, look?.subject.key ?? '')

/**
 * After all decisions of one event: those that are asked or done hang on cases, of one rule, family and subject on one, whose type is
 * that of the strongest. What is asked or done there already ends as a duplicate, unless it is worse than the case was.
 * @throws Error where an event reaches for a case and has no group that holds it: the mistake of who wrote the rule
 */
export function attach(decided: readonly Answered[], book: CaseBook): readonly Answered[] {
  const hanging = decided.filter(hangs)
  if (hanging.length === 0) return decided
  const reached = new Map<Answered, readonly [Reached, Severity]>()
  for (const together of Map.groupBy(hanging, placeOf).values()) {
    const strongest = together.toSorted((a, b) => level(severityOf(b)) - level(severityOf(a)))[0]!
    const severity = severityOf(strongest)
    const case_ = reach(strongest, severity, together, book)
    for (const one of together) reached.set(one, [case_, severity])
  }
  return decided.map(one => {
    const found = reached.get(one)
    return found === undefined ? one : hung(one, ...found)
  })
}

/** What was settled as nothing hangs on no case, unless it was drawn for an audit: a person sees it. */
const hangs = ({ question, verdict: { state, review } }: Answered): boolean =>
  question.hangs !== undefined && (state === 'queued' || state === 'acted' || review !== null)

const lookOf = ({ look }: Answered): Asking => {
  if (look === undefined) throw new Error('a decision that hangs on a case has no look at the past')
  return look
}
const hangsOn = ({ question }: Answered): HangsOn => question.hangs!
const severityOf = (one: Answered): Severity => hangsOn(one).severity(lookOf(one), one.score.probability)
const subjectOf = (one: Answered): string => hangsOn(one).subject?.(lookOf(one)) ?? ''
const isAudit = ({ verdict: { audited, state } }: Answered): boolean => audited && state !== 'acted'

/** Decisions of one event with the same share a case; an audit shares none: it would be marked, or take part in what it judges. What was asked on an open case
 * before is no audit of anything, but found again. */
function placeOf(one: Answered): string {
  if (isAudit(one)) return one.verdict.decisionId
  const { rule, family } = hangsOn(one)
  const look = lookOf(one)
  return JSON.stringify([
    rule.name,
    family?.(look) ?? look.subject.finding?.family ?? one.question.name,
    subjectOf(one),
  ])
}

function reach(strongest: Answered, severity: Severity, together: readonly Answered[], book: CaseBook): Reached {
  const { own, pod, seen, recordedAt, verdict, ids } = strongest
  const { rule, type: typeOf } = hangsOn(strongest)
  const holder = own.get(rule.group.name)
  if (holder === undefined)
    throw new Error(`an event reaches for a case of ${rule.name} and holds no ${rule.group.name}`)
  const type = typeOf(lookOf(strongest))
  const subject = subjectOf(strongest)
  const group = groupId(holder)
  const ranked = [...own.values()].toSorted((a, b) => a.group.rank - b.group.rank)
  return book.reach(
    {
      rule,
      type,
      subject,
      severity,
      group,
      groups: ranked.map(key => [groupId(key), key.group.rank] as const),
      key: [rule.name, type, group, subject].join('/'),
      at: seen.at,
      recordedAt: recordedAt.getTime(),
      eventId: seen.id,
      asked: together.map(askedBy),
      alone: isAudit(strongest) ? `audit/${verdict.decisionId}` : null,
    },
    () => pod.newCaseId(recordedAt, ids.bits24()),
  )
}

function hung(one: Answered, { id: caseId, did, before, settled, token }: Reached, severity: Severity): Answered {
  const { verdict } = one
  const on = { ...one, caseId, hung: { did, token } }
  if (settled.includes(one.question.name)) return { ...on, verdict: dealtWith(verdict, 'outcome_known') }
  if (before.includes(askedBy(one))) return { ...on, verdict: dealtWith(verdict, 'duplicate') }
  return { ...on, verdict: { ...verdict, review: reviewed(one, verdict.review, severity) } }
}

/** It is being dealt with, or over: nobody is asked again, and nothing is done twice. */
const dealtWith = (verdict: Verdict, reason: Reason): Verdict => ({
  ...verdict,
  state: 'suppressed',
  reason,
  automatic: false,
  propensity: 0,
  audited: false,
  certificate: null,
  whyNot: [{ code: verdict.reason }, ...verdict.whyNot],
  review: null,
  cap: null,
})

/** A case waits as urgently as it is bad; where it is judged unseen, as bad as it is without what the machine thinks. */
function reviewed(one: Answered, review: Review | null, severity: Severity): Review | null {
  if (review === null) return null
  const { question, recordedAt } = one
  const urgency = urgencyOfSeverity(review.blinded ? hangsOn(one).severity(lookOf(one), null) : severity)
  return { ...review, urgency, dueAt: new Date(recordedAt.getTime() + question.slaMinutes[urgency] * 60_000) }
}
