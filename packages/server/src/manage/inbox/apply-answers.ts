import { type Action, type Answer, eachSide, type Pod, questionOfAction, stepsOf } from '@surety/contract'
import type { Moved } from '../../runtime/events.ts'
import { type ApprovedAct, addApprovedActs, endActs, lockPending } from '../../store/acts.ts'
import type { CaseFacts } from '../../store/case-facts.ts'
import type { Tx } from '../../store/db.ts'
import { eachDecision, type HeldInboxCase } from '../../store/inbox.ts'
import { closeAnswered } from '../../store/inbox-endings.ts'
import { addTransitions, type Move } from '../../store/transitions.ts'
import { actDelayMs, after, ends } from './deps.ts'
import { actionAsked, type Effect, effectOf, wantedOf } from './question.ts'

/** One answer, to one case or to many of one pod; to every question that waits there. */
export interface Given {
  readonly answer: Answer
  /** By the name of a question, where its answer is another one. */
  readonly answers?: { readonly [question: string]: Answer }
  readonly outcome: string | null
  /** Decisions whose outcome was known before: nothing is done about them any more. Left out: none. */
  readonly known?: ReadonlySet<string>
  readonly notes: string | null
  readonly quality: 'human' | 'audit' | 'bulk'
  readonly by: string
  readonly at: Date
}

/** What an answer did about one decision. */
export interface Applied {
  readonly row: HeldInboxCase
  readonly facts: CaseFacts
  /** null: the case stands as it stood. */
  readonly effect: Effect | null
  /** The machine had done it before anybody was asked. */
  readonly doneBefore: boolean
}

/**
 * Writes what follows from an answer: transitions, acts, and the row's end. The fences of all cases are held; the rows
 * are locked.
 */
export async function applyAnswers(
  db: Tx,
  tenant: string,
  pod: Pod,
  rows: readonly HeldInboxCase[],
  facts: ReadonlyMap<string, CaseFacts>,
  given: Given,
): Promise<readonly Applied[]> {
  const { at } = given
  const pending = await lockPending(
    db,
    tenant,
    rows.map(row => row.held),
    null,
  )
  // What waited was voided by this very touch; what the person wants is written anew.
  await endActs(
    db,
    tenant,
    at,
    pending.map(act => ({ act, state: 'cancelled' as const, reason: 'human_took_over' })),
  )
  const waited = new Set(pending.map(act => act.decisionId))
  const applied = rows.flatMap(eachDecision).flatMap((row): readonly Applied[] => {
    const about = facts.get(row.decisionId)
    if (about === undefined) return []
    const stands = about.automatic && about.state === about.decided.state && about.reason === about.decided.reason
    const done = stands && !waited.has(row.decisionId) ? actionNamed(pod, about.action) : null
    const question = questionOfAction(pod, row.action)
    if (given.known?.has(row.decisionId) === true && about.state === 'queued')
      return [{ row, facts: about, effect: { end: ends.withdrawn, perform: null }, doneBefore: false }]
    const effect = effectOf(question, wantedOf(question, row, given.answers?.[question.name] ?? given.answer), done)
    return [{ row, facts: about, effect, doneBefore: done !== null }]
  })
  await addTransitions(
    db,
    tenant,
    at,
    applied.flatMap(one => moveOf(pod, one, given)),
  )
  const approved = applied.flatMap(one => actsOf(pod, one))
  await addApprovedActs(db, tenant, at, after(at, actDelayMs), approved)
  await closeAnswered(db, tenant, rows, given)
  return applied
}

const actionNamed = (pod: Pod, named: string): Action =>
  eachSide(questionOfAction(pod, named).actions).find(({ name }) => name === named)!

function moveOf(pod: Pod, { row, facts, effect }: Applied, given: Given): readonly Move[] {
  if (effect === null) return []
  const action = effect.perform ?? actionAsked(questionOfAction(pod, row.action), row).name
  const { state, reason } = effect.end
  return [
    {
      held: row.held,
      case: { ...row, decidedAt: row.recordedAt, action, state: facts.state },
      to: state,
      reason,
      actor: given.by,
    },
  ]
}

function actsOf(pod: Pod, { row, facts, effect }: Applied): readonly ApprovedAct[] {
  const action = effect?.perform ?? null
  if (action === null) return []
  return stepsOf(questionOfAction(pod, action), action, facts).map(({ afterMs }, step) => ({
    ...row,
    action,
    step,
    afterMs,
  }))
}

/** To be counted after the commit. */
export const movedBy = (applied: readonly Applied[]): readonly Moved[] =>
  applied.flatMap(({ row, facts, effect }) =>
    effect === null
      ? []
      : [{ pod: row.pod, action: row.action, from: facts.state, to: effect.end.state, reason: effect.end.reason }],
  )
