import {
  findingView,
  type InboxCounts,
  type InboxItem,
  intervalView,
  type JsonObject,
  type OpinionView,
  type Pod,
  questionOfAction,
  type Reason,
  type Role,
  reasonSentences,
  urgencies,
} from '@surety/contract'
import type { CaseFacts } from '../../store/case-facts.ts'
import type { CaseRow } from '../../store/cases.ts'
import type { CaseFindings } from '../../store/evaluations.ts'
import { eachDecision, type InboxCase, isLeasedAt } from '../../store/inbox.ts'
import type { CountsRow } from '../../store/inbox-counts.ts'
import { actionAsked } from './question.ts'

const summaryLength = 240

/** Who looks, and when. */
export interface Viewer {
  readonly holder: string
  readonly role: Role
  readonly at: Date
}

/** What an item says of the alert that it is. */
type ItemAlert = Pick<CaseRow, 'type' | 'subject' | 'group' | 'severity' | 'firstSeen' | 'lastSeen' | 'occurrences'> & {
  readonly findings: CaseFindings
}

/**
 * One item as people see it; null where its decision is gone. Every field of a blinded case says what it would say of any
 * other blinded case.
 * @param known by decision
 * @param alert null: the case is its event
 */
export function itemView(
  pod: Pod,
  row: InboxCase,
  known: ReadonlyMap<string, CaseFacts>,
  alert: ItemAlert | null,
  viewer: Viewer,
): InboxItem | null {
  const { blinded } = row
  const facts = known.get(row.decisionId)
  if (facts === undefined) return null
  return {
    case_id: row.caseId,
    pod: row.pod,
    queued_at: row.recordedAt.toISOString(),
    due_at: row.dueAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
    overdue: row.dueAt < viewer.at,
    urgency: urgencies[row.urgency] ?? 'medium',
    question: actionAsked(questionOfAction(pod, row.action), row).name,
    reason: blinded ? 'withheld' : row.reason,
    reason_text: blinded ? withheldText : sentenceOf(row.reason),
    unlocks: blinded ? null : row.unlocks,
    opinion: blinded ? 'withheld' : opinionOf(facts),
    decisions: eachDecision(row).flatMap(one => {
      const about = known.get(one.decisionId)
      return about === undefined ? [] : [waitingView(pod, one, about)]
    }),
    lease: leaseView(row, viewer),
    subject: facts.subject,
    summary: alert === null ? summaryOf(facts.payload) : alertLine(alert),
    alert: alert === null ? null : alertView(alert, blinded),
    data: facts.payload,
  }
}

function waitingView(pod: Pod, row: InboxCase, facts: CaseFacts): InboxItem['decisions'][number] {
  const question = questionOfAction(pod, row.action)
  return {
    id: row.decisionId,
    question: question.name,
    asks: question.asks,
    action: actionAsked(question, row).name,
    reason: row.blinded ? 'withheld' : row.reason,
    reason_text: row.blinded ? withheldText : sentenceOf(row.reason),
    opinion: row.blinded ? 'withheld' : opinionOf(facts),
  }
}

const withheldText = 'Withheld until somebody has answered.'

export const sentenceOf = (reason: string): string => reasonSentences[reason as Reason] ?? reason

/** Three decimals on the wire, never inside. */
const shown = (probability: number | null): number | null =>
  probability === null ? null : Math.round(probability * 1000) / 1000

export const opinionOf = ({ action, probability, interval }: CaseFacts): OpinionView => ({
  action,
  probability: shown(probability),
  interval: intervalView(interval, probability),
})

function leaseView(row: InboxCase, viewer: Viewer): InboxItem['lease'] {
  if (row.leaseUntil === null || !isLeasedAt(row.leaseUntil, viewer.at)) return null
  return {
    until: row.leaseUntil.toISOString(),
    mine: row.leaseHolder === viewer.holder,
    holder: viewer.role === 'admin' ? row.leaseHolder : null,
  }
}

const alertLine = ({ type, subject, group }: ItemAlert): string =>
  [type, ...(subject === '' ? [] : [subject]), group].join(' ')

const alertView = (alert: ItemAlert, blinded: boolean): InboxItem['alert'] => ({
  type: alert.type,
  subject: alert.subject === '' ? null : alert.subject,
  group: alert.group,
  severity: blinded ? null : alert.severity,
  first_seen: alert.firstSeen.toISOString(),
  last_seen: blinded ? null : alert.lastSeen.toISOString(),
  occurrences: blinded ? null : alert.occurrences,
  findings: alert.findings.few.map(finding => ({ event_id: finding.eventId, ...findingView(finding) })),
  findings_count: blinded ? null : alert.findings.count,
})

/** What somebody wrote, else what arrived, on one line. Redacted: it was so before it was stored. */
function summaryOf(payload: JsonObject): string {
  const { details } = payload
  const text = typeof details === 'string' ? details : JSON.stringify(payload)
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return [...line].length <= summaryLength ? line : `${[...line].slice(0, summaryLength - 1).join('')}…`
}

const bounded = ['open', 'overdue', 'oldest'] as const

export const countsView = (counts: CountsRow): InboxCounts => ({
  open: counts.open,
  leased: counts.leased,
  overdue: counts.overdue,
  expiring_today: counts.expiring,
  oldest: counts.oldest?.toISOString() ?? null,
  ...(counts.cut ? { lower_bounds: counts.expiringCut ? [...bounded, 'expiring_today' as const] : bounded } : {}),
})
