import type { Handlers } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { possibleId } from '../../request/ids.ts'
import type { Context } from '../../runtime/context.ts'
import { eraseCase } from './erase.ts'

/** What is known of a person is taken away when the person asks for it. */
export function openErasure(ctx: Pick<Context, 'db' | 'now' | 'audit' | 'events' | 'leads' | 'installed'>): {
  readonly routes: Handlers<'eraseLead' | 'eraseCase'>
} {
  const erase = async (
    {
      principal,
      query,
      requestId,
    }: Parameters<Handlers<'eraseCase'>['eraseCase']>[0] | Parameters<Handlers<'eraseLead'>['eraseLead']>[0],
    pod: string,
    caseId: string,
  ) => {
    const { tenant, keyId } = principal
    const order = { tenant, pod, caseId, actor: `key:${keyId}`, reason: query.reason, requestId }
    const { erasedAt, records, cancelled, again, moves } = await eraseCase(ctx, order)
    if (moves.length > 0) void ctx.events.publish('cases.moved', moves)
    return { erased_at: erasedAt.toISOString(), records, cancelled, again }
  }
  return {
    routes: {
      async eraseLead(call) {
        const id = possibleId(call.params.id, 'lead_not_found')
        try {
          return { lead_id: id, ...(await erase(call, ctx.leads.name, id)) }
        } catch (error) {
          // On the routes of leads a case is a lead.
          throw error instanceof Problem && error.code === 'case_not_found' ? new Problem('lead_not_found') : error
        }
      },
      async eraseCase(call) {
        const { pod } = call.params
        const id = possibleId(call.params.id, 'case_not_found')
        if (!ctx.installed.pods.some(({ name }) => name === pod)) throw new Problem('case_not_found')
        return { pod, case_id: id, ...(await erase(call, pod, id)) }
      },
    },
  }
}
