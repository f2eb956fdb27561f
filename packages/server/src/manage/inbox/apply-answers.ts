import type { Answer, Pod } from '@surety/contract'
import { endActs, lockPending } from '../../store/acts.ts'
import { type ApprovedAct, addApprovedActs } from '../../store/approved-acts.ts'
import { addTransitions, type Move } from '../../store/case-state.ts'
import type { Db } from '../../store/db.ts'
import type { CaseFacts } from './case-facts.ts'
import { actDelayMs, after, type Moved } from './deps.ts'
import { closeAnswered, type InboxCase } from './inbox-rows.ts'
import { type Effect, effectOf, questionOf, wantedOf } from './question.ts'

/** One answer, to one case or to many of one pod. */
export interface Given {
  readonly answer: Answer
  readonly outcome: string | null
  readonly notes: string | null
  readonly quality: 'human' | 'audit' | 'bulk'
  readonly by: string
  readonly at: Date
}

export interface Applied {
  readonly row: InboxCase
  readonly facts: CaseFacts
  /** null: the case stands as it stood. */
  readonly effect: Effect | null
  /** The machine had done it before anybody was asked. */
  readonly doneBefore: boolean
}

/**
 * Writes what follows from an answer: transitions, acts, and the row's end. The fences of all cases are held and their
 * new tokens given; the rows are locked.
 */
export async function applyAnswers(
  db: Db,
  tenant: string,
  pod: Pod,
  rows: readonly InboxCase[],
  facts: ReadonlyMap<string, CaseFacts>,
  tokens: ReadonlyMap<string, number>,
  given: Given,
): Promise<readonly Applied[]> {
  const { at } = given
  const caseIds = rows.map(row => row.caseId)
  const pending = await lockPending(db, tenant, caseIds, null)
  // What waited was voided by this very touch; what the person wants is written anew.
  await endActs(
    db,
    tenant,
    at,
    pending.map(act => ({ act, state: 'cancelled' as const, reason: 'human_took_over' })),
  )
  const waited = new Set(pending.map(act => act.caseId))
  const applied = rows.flatMap((row): readonly Applied[] => {
    const about = facts.get(row.caseId)
    if (about === undefined) return []
    const stands = about.automatic && about.state === about.decided.state && about.reason === about.decided.reason
    const done = stands && !waited.has(row.caseId) ? actionNamed(pod, about.action) : null
    const effect = effectOf(pod, wantedOf(pod, row, given.answer), done)
    return [{ row, facts: about, effect, doneBefore: done !== null }]
  })
  await addTransitions(
    db,
    tenant,
    at,
    applied.flatMap(one => moveOf(pod, one, given)),
  )
  await addApprovedActs(
    db,
    tenant,
    at,
    after(at, actDelayMs),
    applied.flatMap(one => actOf(one, tokens)),
  )
  await closeAnswered(db, tenant, rows, given)
  return applied
}

const actionNamed = ({ actions }: Pod, name: string) =>
  [actions.act, actions.clear].find(action => action.name === name) ?? null

function moveOf(pod: Pod, { row, facts, effect }: Applied, given: Given): readonly Move[] {
  if (effect === null) return []
  const action = effect.perform ?? questionOf(pod, row).name
  const { state, reason } = effect.end
  return [
    {
      case: { ...row, decidedAt: row.recordedAt, action, state: facts.state },
      to: state,
      reason,
      actor: given.by,
    },
  ]
}

function actOf({ row, effect }: Applied, tokens: ReadonlyMap<string, number>): readonly ApprovedAct[] {
  const token = tokens.get(row.caseId)
  if (effect === null || effect.perform === null) return []
  if (token === undefined) throw new Error('the fence of an answered case is not held')
  return [{ ...row, action: effect.perform, token }]
}

/** To be counted after the commit. */
export const movedBy = (applied: readonly Applied[]): readonly Moved[] =>
  applied.flatMap(({ row, facts, effect }) =>
    effect === null ? [] : [{ pod: row.pod, from: facts.state, to: effect.end.state, reason: effect.end.reason }],
  )
