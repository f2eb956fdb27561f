import { type Answer, type InboxAnswered, type Pod, type Principal, questionOfAction } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { factsOf } from '../../store/case-facts.ts'
import { touchCase } from '../../store/fences.ts'
import { eachDecision, type InboxCase } from '../../store/inbox.ts'
import { lastAnswerSeconds } from '../../store/inbox-endings.ts'
import { moveLease } from '../../store/inbox-leases.ts'
import { isSettled } from '../../store/inbox-overdue.ts'
import { type Applied, applyAnswers, type Given, movedBy } from './apply-answers.ts'
import { leasedRow } from './claim.ts'
import { closeCases } from './close.ts'
import { actDelayMs, after, checkOutcome, holderOf, type InboxDeps, podOf, undoMs } from './deps.ts'
import { opinionOf, sentenceOf } from './item-view.ts'

export interface AnswerInput {
  readonly answer: Answer
  readonly answers?: { readonly [question: string]: Answer }
  readonly lease_token: string
  readonly outcome?: string
  readonly notes?: string
}

/** An answer to what the machine did not show is an audit where it was drawn as one. */
const qualityOf = (row: InboxCase): 'audit' | 'human' => (row.audit && row.blinded ? 'audit' : 'human')

/** The lease outlives the report of an outcome by this much. */
const reportMs = 60_000

/** The same for a retry of the same answer: the outcome is reported once. */
const eventIdOf = (token: string): string => `inbox:${token}`

/**
 * One case is answered: in one transaction its state moves, what was approved is put down to be done, and the machine is
 * called off. An outcome goes through the line first; should the rest fail, the label stands and the case is withdrawn.
 */
export async function answerCase(
  deps: InboxDeps,
  actor: Principal,
  caseId: string,
  input: AnswerInput,
): Promise<InboxAnswered> {
  const { tenant } = actor
  const notes = input.notes === undefined || input.notes.trim() === '' ? null : await deps.redact(tenant, input.notes)
  if (input.outcome !== undefined) await reportOutcome(deps, actor, caseId, input)
  const at = deps.now()
  const by = holderOf(actor)
  const done = await deps.db.transaction([tenant], async db => {
    const held = await touchCase(db, tenant, caseId.replaceAll('\0', ''), 'inbox_answer', at)
    const row = await leasedRow(db, deps, actor, caseId, input.lease_token, at)
    if (await isSettled(db, tenant, row, eventIdOf(input.lease_token))) return row
    const outcome = input.outcome ?? null
    const pod = podOf(deps, row.pod)
    const answers = answersOf(pod, row, input)
    const given: Given = { answer: input.answer, ...answers, outcome, notes, quality: qualityOf(row), by, at }
    const facts = await factsOf(db, tenant, eachDecision(row))
    const applied = await applyAnswers(db, tenant, pod, [{ ...row, held }], facts, given)
    if (applied.length === 0) throw new Error(`the decision of case ${row.caseId} is missing`)
    const last = await lastAnswerSeconds(db, tenant, by, after(at, -hurriedWithinMs), hurriedRun)
    return {
      applied,
      pod: row.pod,
      hurried: last.length === hurriedRun && last.every(seconds => seconds < hurriedSeconds),
    }
  })
  if (!('applied' in done)) return withdraw(deps, tenant, done, at)
  const view = answeredView(podOf(deps, done.pod), done.applied, input, at, done.hurried)
  deps.moved?.(movedBy(done.applied))
  const { quality, seconds } = view
  const of = { pod: done.pod, action: done.applied[0]!.row.action }
  deps.count?.answered({ ...of, answer: input.answer, quality, cases: 1, seconds })
  if (done.hurried) deps.count?.hurried(of)
  return view
}

/** Five answers in a row, each within three seconds, are quicker than anybody reads. */
const hurriedRun = 5
const hurriedSeconds = 3
const hurriedWithinMs = 3_600_000

/** Checks everything that the answer will need, holds the lease a little longer, and sends the outcome down the line. */
async function reportOutcome(deps: InboxDeps, actor: Principal, caseId: string, input: AnswerInput): Promise<void> {
  const { tenant } = actor
  const at = deps.now()
  const eventId = eventIdOf(input.lease_token)
  const row = await deps.db.transaction([tenant], async db => {
    const found = await leasedRow(db, deps, actor, caseId, input.lease_token, at)
    checkOutcome(podOf(deps, found.pod), input.outcome)
    if (await isSettled(db, tenant, found, eventId)) return { ...found, settled: true }
    const until = after(at, reportMs)
    if (found.leaseUntil! < until) await moveLease(db, tenant, found, until)
    return { ...found, settled: false }
  })
  if (row.settled) return withdraw(deps, tenant, row, at)
  const event = podOf(deps, row.pod).report(row.caseId, input.outcome!, input.notes?.trim() || null)
  const [eventResult] = await deps.report([{ tenant, eventId, quality: qualityOf(row), ...event }])
  if (eventResult?.status === 'rejected')
    throw new Problem(
      eventResult.code,
      eventResult.detail,
      eventResult.errors === undefined ? {} : { errors: eventResult.errors },
    )
}

/** Its outcome became known while it was in hand: there is nothing to answer any more. */
async function withdraw(deps: InboxDeps, tenant: string, row: InboxCase, at: Date): Promise<never> {
  await deps.db.transaction([tenant], db => moveLease(db, tenant, row, null))
  const moves = await deps.db.transaction([tenant], db => closeCases(db, tenant, at, [row], 'withdrawn'))
  if (moves !== null) deps.moved?.(moves)
  throw new Problem('case_closed', 'The outcome of this case became known while it was in your hands.')
}

function answeredView(
  pod: Pod,
  applied: readonly Applied[],
  input: AnswerInput,
  at: Date,
  hurried: boolean,
): InboxAnswered {
  const [{ row, facts, effect, doneBefore }] = applied as readonly [Applied, ...Applied[]]
  const end = effect === null ? facts : effect.end
  const perform = effect?.perform ?? null
  return {
    case_id: row.caseId,
    answer: input.answer,
    quality: qualityOf(row),
    state: end.state,
    reason: end.reason,
    reason_text: sentenceOf(end.reason),
    act: perform === null ? null : { action: perform, not_before: after(at, actDelayMs).toISOString() },
    outcome: input.outcome ?? null,
    revealed: {
      ...opinionOf(facts),
      reason: row.reason,
      reason_text: sentenceOf(row.reason),
      blind_audit: row.audit,
      done_before: doneBefore,
    },
    seconds: (at.getTime() - (row.leasedAt ?? at).getTime()) / 1000,
    decisions: applied.map(one => decisionView(pod, one, input)),
    undo_until: after(at, perform === null ? undoMs : actDelayMs).toISOString(),
    ...(hurried ? { hurried: true as const } : {}),
  }
}

function decisionView(
  pod: Pod,
  { row, facts, effect }: Applied,
  input: AnswerInput,
): InboxAnswered['decisions'][number] {
  const question = questionOfAction(pod, row.action).name
  const { state, reason } = effect === null ? facts : effect.end
  return {
    id: row.decisionId,
    question,
    answer: input.answers?.[question] ?? input.answer,
    state,
    reason,
    reason_text: sentenceOf(reason),
    act: effect?.perform ?? null,
  }
}

/** @throws Problem `validation_failed` for a question that does not wait here: its answer would be lost */
function answersOf(pod: Pod, row: InboxCase, { answers }: AnswerInput): Pick<Given, 'answers'> {
  if (answers === undefined) return {}
  const waiting = eachDecision(row).map(one => questionOfAction(pod, one.action).name)
  const errors = Object.keys(answers)
    .filter(name => !waiting.includes(name))
    .map(name => ({
      path: `answers.${name.slice(0, 60)}`,
      code: 'not_asked',
      message: `what waits here is ${waiting.join(', ')}`,
    }))
  if (errors.length > 0) throw new Problem('validation_failed', undefined, { errors })
  return { answers }
}
