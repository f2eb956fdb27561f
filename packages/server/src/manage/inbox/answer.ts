import {
  type Answer,
  type InboxAnswered,
  type Pod,
  type Principal,
  questionOf,
  questionOfAction,
  type RawEvent,
} from '@surety/contract'
import { Problem } from '../../errors.ts'
import { senderOf } from '../../request/sender.ts'
import { factsOf } from '../../store/case-facts.ts'
import { touchCase } from '../../store/fences.ts'
import { eachDecision, type InboxCase } from '../../store/inbox.ts'
import { lastAnswerSeconds } from '../../store/inbox-endings.ts'
import { moveLease, podOfInboxCase } from '../../store/inbox-leases.ts'
import { isOver, settledOf } from '../../store/inbox-overdue.ts'
import { type Applied, applyAnswers, type Given, movedBy } from './apply-answers.ts'
import { leasedRow } from './claim.ts'
import { closeCases } from './close.ts'
import {
  actDelayMs,
  after,
  checkOutcome,
  checkWord,
  holderOf,
  type InboxDeps,
  podNames,
  podOf,
  undoMs,
} from './deps.ts'
import { opinionOf, sentenceOf } from './item-view.ts'

export interface AnswerInput {
  readonly answer: Answer
  readonly answers?: { readonly [question: string]: Answer }
  readonly lease_token: string
  readonly outcome?: string
  /** By the name of a question the word for it, where it is another one than `outcome`. */
  readonly outcomes?: { readonly [question: string]: string }
  readonly notes?: string
}

/** An answer to what the machine did not show is an audit where it was drawn as one. */
const qualityOf = (row: InboxCase): 'audit' | 'human' => (row.audit && row.blinded ? 'audit' : 'human')

/** The lease outlives the report of an outcome by this much. */
const reportMs = 60_000

/** The same for a retry of the same answer: each outcome is reported once. */
const eventIdOf = (token: string, question: string | null = null): string =>
  question === null ? `inbox:${token}` : `inbox:${token}:${question}`
/** What was reported with the answer itself. */
const ownIds = ({ lease_token: token, outcomes = {} }: AnswerInput): readonly string[] => [
  eventIdOf(token),
  ...Object.keys(outcomes).map(question => eventIdOf(token, question)),
]

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
  const words = input.outcomes ?? {}
  if (input.outcome !== undefined || Object.keys(words).length > 0) await reportOutcomes(deps, actor, caseId, input)
  const at = deps.now()
  const by = holderOf(actor)
  const done = await deps.db.transaction([tenant], async db => {
    if ((await podOfInboxCase(db, tenant, podNames(deps, undefined), caseId)) === null)
      throw new Problem('case_not_found')
    const held = await touchCase(db, tenant, caseId, 'inbox_answer', at)
    const row = await leasedRow(db, deps, actor, caseId, input.lease_token, at)
    const pod = podOf(deps, row.pod)
    const known = await settledOf(db, tenant, [row], ownIds(input))
    if (isOver(row, known)) return row
    const answers = answersOf(pod, row, input)
    const outcome = wordsOf(input)
    const given: Given = { answer: input.answer, ...answers, outcome, known, notes, quality: qualityOf(row), by, at }
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

/** As it is kept: one word, or those of single questions with their names. */
const wordsOf = ({ outcome, outcomes = {} }: AnswerInput): string | null => {
  const words = Object.entries(outcomes).map(([question, word]) => `${question}: ${word}`)
  return outcome === undefined && words.length === 0
    ? null
    : [...(outcome === undefined ? [] : [outcome]), ...words].join(', ')
}

/** Checks everything that the answer will need, holds the lease a little longer, and sends the outcomes down the line. */
async function reportOutcomes(deps: InboxDeps, actor: Principal, caseId: string, input: AnswerInput): Promise<void> {
  const { tenant } = actor
  const at = deps.now()
  const row = await deps.db.transaction([tenant], async db => {
    const found = await leasedRow(db, deps, actor, caseId, input.lease_token, at)
    const pod = podOf(deps, found.pod)
    checkOutcome(pod, input.outcome)
    checkWords(pod, found, input)
    const known = await settledOf(db, tenant, [found], ownIds(input))
    if (isOver(found, known)) return { ...found, settled: true }
    const until = after(at, reportMs)
    if (found.leaseUntil! < until) await moveLease(db, tenant, found, until)
    return { ...found, settled: false }
  })
  if (row.settled) return withdraw(deps, tenant, row, at)
  const words = Object.entries(input.outcomes ?? {})
  const sender = senderOf(actor, words.length + (input.outcome === undefined ? 0 : 1))
  const report = (word: string, question: string | null): RawEvent => ({
    tenant,
    eventId: eventIdOf(input.lease_token, question),
    quality: qualityOf(row),
    sender,
    ...(question !== null && { question }),
    ...podOf(deps, row.pod).report(row.caseId, word, input.notes?.trim() || null),
  })
  // What is said of one question comes after what is said of all, and counts before it.
  const all = [
    ...(input.outcome === undefined ? [] : [report(input.outcome, null)]),
    ...words.map(([question, word]) => report(word, question)),
  ]
  const results = await deps.report(all)
  const eventResult = results.find(({ status }) => status === 'rejected')
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
    outcome: input.outcomes?.[question] ?? input.outcome ?? null,
  }
}

/** @throws Problem `validation_failed` for a question that does not wait here: its answer would be lost */
function answersOf(pod: Pod, row: InboxCase, { answers }: AnswerInput): Pick<Given, 'answers'> {
  if (answers === undefined) return {}
  checkAsked(pod, row, 'answers', answers)
  return { answers }
}

/** @throws Problem `validation_failed`, `invalid_outcome` */
function checkWords(pod: Pod, row: InboxCase, { answers = {}, outcomes = {} }: AnswerInput): void {
  checkAsked(pod, row, 'answers', answers)
  checkAsked(pod, row, 'outcomes', outcomes)
  for (const [name, word] of Object.entries(outcomes))
    checkWord(questionOf(pod, name).outcomes.words, word, `outcomes.${name}`)
}

function checkAsked(pod: Pod, row: InboxCase, field: string, given: { readonly [question: string]: string }): void {
  const waiting = eachDecision(row).map(one => questionOfAction(pod, one.action).name)
  const errors = Object.keys(given)
    .filter(name => !waiting.includes(name))
    .map(name => ({
      path: `${field}.${name.slice(0, 60)}`,
      code: 'not_asked',
      message: `what waits here is ${[...new Set(waiting)].join(', ')}`,
    }))
  if (errors.length > 0) throw new Problem('validation_failed', undefined, { errors })
}
