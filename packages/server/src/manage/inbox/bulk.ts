import {
  type Answer,
  type EventResult,
  type InboxBulk,
  type Json,
  type JsonObject,
  type Principal,
  type Urgency,
  urgencyLevel,
} from '@surety/contract'
import { Problem } from '../../errors.ts'
import { senderOf } from '../../request/sender.ts'
import { factsOf } from '../../store/case-facts.ts'
import { touchCases } from '../../store/fences.ts'
import { type BulkCase, type BulkQuery, bulkCases, leftOut, lockLeased, lockPreviewed } from '../../store/inbox-bulk.ts'
import { leaseCases } from '../../store/inbox-leases.ts'
import { applyAnswers, type Given, movedBy } from './apply-answers.ts'
import { after, checkOutcome, holderOf, type InboxDeps, podNames, podOf } from './deps.ts'
import { type Previewed, readPreview, writePreview } from './preview-token.ts'

export interface BulkInput {
  readonly pod: string
  readonly query: {
    readonly urgency?: Urgency
    readonly older_than?: Date
    readonly probability_from?: number
    readonly probability_to?: number
    readonly reason?: string
  }
  readonly answer: Answer
  readonly outcome?: string
  /** Why, for the audit log. */
  readonly reason: string
  readonly preview_token?: string
}

const mostCases = 1000
const sampleSize = 20
const previewMs = 10 * 60_000
/** As long as the outcomes may take on the line. */
const bulkLeaseMs = 2 * 60_000

/** Without a token what would happen; with it, exactly that, but for what has changed. */
export async function bulkAnswer(
  deps: InboxDeps,
  actor: Principal,
  input: BulkInput,
  requestId: string,
): Promise<InboxBulk> {
  const { tenant } = actor
  const at = deps.now()
  podNames(deps, input.pod)
  checkOutcome(podOf(deps, input.pod), input.outcome)
  if (input.reason.trim() === '') throw new Problem('reason_required')
  const asked = askedOf(actor, input)
  const key = deps.previewKey(tenant)
  if (input.preview_token === undefined) return preview(deps, tenant, key, asked, input, at)
  const cases = readPreview(key, asked, input.preview_token, at)
  return answerAll(deps, actor, input, cases, at, requestId)
}

/** What the token is bound to; the reason may be worded anew. */
function askedOf(actor: Principal, input: BulkInput): Json {
  const { older_than, ...query } = input.query
  return {
    tenant: actor.tenant,
    by: actor.keyId,
    pod: input.pod,
    query: { ...query, ...(older_than === undefined ? {} : { older_than: older_than.toISOString() }) },
    answer: input.answer,
    outcome: input.outcome ?? null,
  }
}

const queryOf = ({ pod, query }: BulkInput): BulkQuery => ({
  pod,
  urgency: query.urgency === undefined ? null : urgencyLevel(query.urgency),
  olderThan: query.older_than ?? null,
  probabilityFrom: query.probability_from ?? null,
  probabilityTo: query.probability_to ?? null,
  reason: query.reason ?? null,
})

async function preview(
  deps: InboxDeps,
  tenant: string,
  key: Buffer,
  asked: Json,
  input: BulkInput,
  at: Date,
): Promise<InboxBulk> {
  const query = queryOf(input)
  return deps.db.read([tenant], async db => {
    const found = await bulkCases(db, tenant, query, at, mostCases + 1)
    const cases = found.slice(0, mostCases)
    const expiresAt = after(at, previewMs)
    return {
      applied: false,
      count: cases.length,
      sample: sampleOf(cases),
      more: found.length > cases.length,
      left_out: await leftOut(db, tenant, query, at),
      changed: 0,
      preview_token: writePreview(key, asked, expiresAt, cases),
      expires_at: expiresAt.toISOString(),
      as_of: at.toISOString(),
    }
  })
}

const sampleOf = (cases: readonly BulkCase[]): readonly string[] =>
  cases.slice(0, sampleSize).map(({ caseId }) => caseId)

async function answerAll(
  deps: InboxDeps,
  actor: Principal,
  input: BulkInput,
  previewed: readonly Previewed[],
  at: Date,
  requestId: string,
): Promise<InboxBulk> {
  const { tenant } = actor
  const token = deps.uuid()
  const taken = await deps.db.transaction([tenant], async db => {
    const rows = await lockPreviewed(db, tenant, input.pod, at, previewed)
    const lease = { holder: `${holderOf(actor)}:bulk`, token, at, until: after(at, bulkLeaseMs) }
    await leaseCases(db, tenant, rows, lease)
    return rows
  })
  const reported = await reportOutcomes(deps, actor, input, taken, token)
  const answered = await deps.db.transaction([tenant], async db => {
    const ids = reported.map(({ caseId }) => caseId)
    const fences = await touchCases(db, tenant, ids, 'inbox_bulk', at)
    const rows = await lockLeased(db, tenant, input.pod, fences, token)
    const facts = await factsOf(db, tenant, rows)
    const given: Given = {
      answer: input.answer,
      outcome: input.outcome ?? null,
      notes: null,
      quality: 'bulk',
      by: holderOf(actor),
      at,
    }
    const applied = await applyAnswers(db, tenant, podOf(deps, input.pod), rows, facts, given)
    await deps.audit(db, {
      tenant,
      at,
      actor: holderOf(actor),
      action: 'inbox.bulk',
      reason: input.reason,
      requestId,
      detail: { ...(askedOf(actor, input) as JsonObject), count: applied.length, previewed: previewed.length },
    })
    return applied
  })
  deps.moved?.(movedBy(answered))
  const counted = { pod: input.pod, answer: input.answer, quality: 'bulk', seconds: null }
  for (const [action, { length: cases }] of Map.groupBy(answered, ({ row }) => row.action))
    deps.count?.answered({ ...counted, action, cases })
  return deps.db.read([tenant], async db => ({
    applied: true,
    count: answered.length,
    sample: sampleOf(answered.map(({ row }) => row)),
    more: false,
    left_out: await leftOut(db, tenant, queryOf(input), at),
    changed: previewed.length - answered.length,
    preview_token: null,
    expires_at: null,
    as_of: at.toISOString(),
  }))
}

/** @returns the cases whose outcome was recorded; all of them where none is reported */
async function reportOutcomes(
  deps: InboxDeps,
  actor: Principal,
  input: BulkInput,
  cases: readonly BulkCase[],
  token: string,
): Promise<readonly BulkCase[]> {
  const { outcome } = input
  if (outcome === undefined || cases.length === 0) return cases
  const pod = podOf(deps, input.pod)
  const sender = senderOf(actor, cases.length)
  const eventResults: readonly EventResult[] = await deps.report(
    cases.map(one => ({
      tenant: actor.tenant,
      eventId: `inbox:${token}:${one.decisionId}`,
      quality: 'bulk',
      sender,
      ...pod.report(one.caseId, outcome, null),
    })),
  )
  return cases.filter((_, i) => eventResults[i]?.status !== 'rejected')
}
