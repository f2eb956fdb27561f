import { Problem } from '../../errors.ts'
import type { Context } from '../../runtime/context.ts'
import type { Moved } from '../../runtime/events.ts'
import { type ActEnd, endActs, lockPending } from '../../store/acts.ts'
import { decisionStates } from '../../store/case-state.ts'
import type { Tx } from '../../store/db.ts'
import { type CaseToErase, caseToErase, erasedAction, eraseRows, recordsToErase } from '../../store/erasure.ts'
import { type HeldCase, touchCase } from '../../store/fences.ts'
import { addTransitions, type Move } from '../../store/transitions.ts'

export interface EraseOrder {
  readonly tenant: string
  readonly pod: string
  readonly caseId: string
  /** `key:<id>`, `cli`. */
  readonly actor: string
  readonly reason: string
  readonly requestId: string | undefined
}

export interface Erasure {
  readonly erasedAt: Date
  readonly records: number
  readonly cancelled: number
  /** It had been erased before. */
  readonly again: boolean
  readonly moves: readonly Moved[]
}

const reason = 'erased'

/**
 * Erases a case in one transaction under its fence: what was not done yet is called off, nobody is asked about it any more, and
 * what tells of the person goes. Done again it finds nothing more to take.
 * @throws Problem `case_not_found`, `reason_required`
 */
export async function eraseCase(
  { db, now, audit }: Pick<Context, 'db' | 'now' | 'audit'>,
  order: EraseOrder,
): Promise<Erasure> {
  if (order.reason.trim() === '') throw new Problem('reason_required')
  const { tenant, pod, caseId } = order
  const at = now()
  return db.transaction([tenant], async handle => {
    if ((await caseToErase(handle, tenant, pod, caseId)) === null) throw new Problem('case_not_found')
    const held = await touchCase(handle, tenant, caseId, reason, at)
    // Read again under the fence: what was being done while we waited for it is done.
    const found = await caseToErase(handle, tenant, pod, caseId)
    if (found === null) throw new Problem('case_not_found')
    const records = await recordsToErase(handle, found)
    const { moves, cancelled } = await callOff(handle, found, held, records, { at, actor: order.actor })
    const seals = await eraseRows(handle, found, held, records, at)
    const again = found.erasedAt !== null
    if (!again || seals.length > 0)
      await audit(handle, {
        tenant,
        at,
        actor: order.actor,
        action: erasedAction,
        reason: order.reason.trim(),
        requestId: order.requestId,
        detail: { pod, case_id: caseId, cancelled, records: [...seals] },
      })
    return { erasedAt: found.erasedAt ?? at, records: seals.length, cancelled, again, moves }
  })
}

/** What waits to be done is not done, and what waits for a person waits no more: each decision ends where the books say so. */
async function callOff(
  db: Tx,
  { tenant, pod, caseId }: CaseToErase,
  held: HeldCase,
  records: readonly { readonly decisionId: string }[],
  { at, actor }: { readonly at: Date; readonly actor: string },
): Promise<{ readonly moves: readonly Moved[]; readonly cancelled: number }> {
  const pending = await lockPending(db, tenant, [held], null)
  const of = records.map(({ decisionId }) => ({ pod, caseId, decisionId }))
  const states = await decisionStates(db, tenant, of)
  const undone = new Set(pending.filter(act => !act.begun).map(act => act.decisionId))
  const begun = new Set(pending.filter(act => act.begun).map(act => act.decisionId))
  const moves = states
    .filter(({ state, decisionId }) => state === 'queued' || (undone.has(decisionId) && !begun.has(decisionId)))
    .map((found): Move => ({ held, case: found, to: 'suppressed', reason, actor }))
  await addTransitions(db, tenant, at, moves)
  await endActs(
    db,
    tenant,
    at,
    pending.map((act): ActEnd => ({ act, state: 'cancelled', reason })),
  )
  const told = moves.map(({ case: { action, state }, to }) => ({ pod, action, from: state, to, reason }))
  return { moves: told, cancelled: pending.length }
}
