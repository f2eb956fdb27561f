import type { InboxUndone, Principal } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Moved } from '../../runtime/events.ts'
import { type ActOfCase, actsOfCase, endActs, lockPending } from '../../store/acts.ts'
import { type CaseFacts, factsOf } from '../../store/case-facts.ts'
import type { Tx } from '../../store/db.ts'
import { touchCase } from '../../store/fences.ts'
import { eachDecision, type HeldInboxCase } from '../../store/inbox.ts'
import { reopen } from '../../store/inbox-endings.ts'
import { type Lease, lockInboxCase, podOfInboxCase } from '../../store/inbox-leases.ts'
import { addTransitions, moveSince } from '../../store/transitions.ts'
import { after, holderOf, type InboxDeps, leaseMs, podNames, undoMs } from './deps.ts'
import { viewsOf } from './list.ts'

/**
 * Takes an answer back: what was to be done is cancelled, the case is open again and in the hands of whoever asked. Whoever gave
 * the answer may, and any admin; another operator reports what is wrong with it as the outcome.
 */
export async function undoAnswer(
  deps: InboxDeps,
  actor: Principal,
  caseId: string,
  reason: string | undefined,
  requestId: string,
): Promise<InboxUndone> {
  const { tenant } = actor
  const at = deps.now()
  const by = holderOf(actor)
  const done = await deps.db.transaction([tenant], async db => {
    if ((await podOfInboxCase(db, tenant, podNames(deps, undefined), caseId)) === null)
      throw new Problem('case_not_found')
    const held = await touchCase(db, tenant, caseId, 'inbox_undo', at)
    const found = await lockInboxCase(db, tenant, podNames(deps, undefined), caseId)
    if (found === null) throw new Problem('case_not_found')
    const row = { ...found, held }
    if (row.state !== 'answered' || row.answeredAt === null) throw new Problem('not_answered')
    if (row.answeredBy !== by && actor.role !== 'admin')
      throw new Problem(
        'forbidden',
        "Somebody else answered this case: that answer is theirs or an admin's to take back.",
      )
    if (at.getTime() - row.answeredAt.getTime() > undoMs) throw new Problem('too_late')
    const pending = await lockPending(db, tenant, [held], null)
    const acts = await actsOfCase(db, tenant, row.caseId, row.recordedAt)
    const approved = acts.filter(act => !act.automatic && act.recordedAt >= row.answeredAt!)
    if (approved.some(act => act.state === 'done')) throw new Problem('too_late')
    await endActs(
      db,
      tenant,
      at,
      pending.map(act => ({ act, state: 'cancelled' as const, reason: 'inbox_undo' })),
    )
    const facts = await factsOf(db, tenant, eachDecision(row))
    if (!facts.has(row.decisionId)) throw new Error(`the decision of case ${row.caseId} is missing`)
    const moved: Moved[] = []
    for (const one of eachDecision(row)) {
      const about = facts.get(one.decisionId)
      const mine = acts.filter(act => act.decisionId === one.decisionId)
      const back = about === undefined ? null : await moveBack(db, tenant, one, about, mine, by, at)
      if (back !== null) moved.push(back)
    }
    const lease: Lease = { holder: by, token: deps.uuid(), at, until: after(at, leaseMs) }
    await reopen(db, tenant, row, lease)
    const open = await lockInboxCase(db, tenant, [row.pod], row.caseId)
    const [view] = await viewsOf(deps, db, actor, [open!], at)
    await deps.audit(db, {
      tenant,
      at,
      actor: by,
      action: 'inbox.undone',
      reason,
      requestId,
      detail: { case_id: row.caseId, answer: row.answer, answered_by: row.answeredBy },
    })
    const undone: InboxUndone = {
      case: view!,
      lease_token: lease.token,
      leased_until: lease.until.toISOString(),
      state: moved[0]?.to ?? facts.get(row.decisionId)!.state,
      outcome_stands: row.outcome !== null,
    }
    return { undone, moved }
  })
  if (done.moved.length > 0) deps.moved?.(done.moved)
  return done.undone
}

/** @returns null: the answer had moved nothing */
async function moveBack(
  db: Tx,
  tenant: string,
  row: HeldInboxCase,
  facts: CaseFacts,
  acts: readonly ActOfCase[],
  by: string,
  at: Date,
): Promise<Moved | null> {
  const move = await moveSince(db, tenant, row, row.answeredAt!)
  if (move === null) return null
  // What the machine had begun and the answer called off was never done: such a case waits.
  const calledOff = acts.some(act => act.automatic) && acts.every(act => !act.automatic || act.state === 'cancelled')
  const back =
    move.from === 'acted' && calledOff
      ? { state: 'queued', reason: row.reason }
      : { state: move.from, reason: move.reason ?? facts.decided.reason }
  await addTransitions(db, tenant, at, [
    {
      held: row.held,
      case: { ...row, decidedAt: row.recordedAt, state: facts.state },
      to: back.state,
      reason: back.reason,
      actor: by,
    },
  ])
  return { pod: row.pod, action: row.action, from: facts.state, to: back.state, reason: back.reason }
}
