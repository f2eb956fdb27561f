import type { Contact, Principal } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Context } from '../../runtime/context.ts'
import { openingsOf } from '../../store/events.ts'
import { type CasesNeeds, contactOf, headOf } from './cases.ts'

/** Contact fields in full, one at a time. What cannot be told to the audit log is not shown. */
export function reveal(deps: Pick<Context, 'db' | 'now' | 'audit'> & Pick<CasesNeeds, 'pod' | 'dataKeys'>) {
  const { db, pod } = deps
  return async (
    actor: Principal,
    id: string,
    field: keyof Contact,
    reason: string,
    requestId: string,
  ): Promise<string | null> => {
    if (reason.trim() === '') throw new Problem('reason_required')
    const { tenant } = actor
    return db.transaction([tenant], async handle => {
      const head = await headOf(handle, tenant, pod, id)
      const openings = await openingsOf(handle, tenant, pod, [head])
      const value = contactOf(deps, tenant, id, openings.get(id))[field] ?? null
      const detail = { pod, case_id: id, field, held: value !== null }
      const said = { tenant, at: deps.now(), actor: `key:${actor.keyId}`, action: 'contact.revealed' }
      await deps.audit(handle, { ...said, reason, requestId, detail })
      return value
    })
  }
}
