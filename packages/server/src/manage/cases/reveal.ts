import type { Contact, Principal } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Context } from '../../runtime/context.ts'
import { type Opening, openingsOf } from '../../store/events.ts'
import { type CasesNeeds, headOf, openedContact } from './cases.ts'

/** Contact fields in full, one at a time. What cannot be told to the audit log is not shown. */
export function reveal(
  deps: Pick<Context, 'db' | 'now' | 'audit'> & Pick<CasesNeeds, 'pod' | 'dataKeys' | 'unreadable'>,
) {
  const { db, pod } = deps
  const contactIn = (tenant: string, id: string, opening: Opening | undefined): Contact => {
    try {
      return openedContact(deps, tenant, id, opening)
    } catch (error) {
      deps.unreadable(error)
      throw new Problem('contact_unreadable')
    }
  }
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
      const value = contactIn(tenant, id, openings.get(id))[field] ?? null
      const detail = { pod, case_id: id, field, held: value !== null }
      const said = { tenant, at: deps.now(), actor: `key:${actor.keyId}`, action: 'contact.revealed' }
      await deps.audit(handle, { ...said, reason, requestId, detail })
      return value
    })
  }
}
