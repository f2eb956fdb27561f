import type { Handlers } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { cases } from './cases.ts'
import type { reveal } from './reveal.ts'

type Area = 'listLeads' | 'getLead' | 'revealContact' | 'leadHistory' | 'search'

/** Leads and their conversations, as people look at them. */
export const caseRoutes = (
  service: ReturnType<typeof cases> & { readonly reveal: ReturnType<typeof reveal> },
): Handlers<Area> => ({
  async listLeads(call) {
    return await service.list(call.principal.tenant, {
      limit: call.query.limit ?? 50,
      ...(call.query.cursor === undefined ? {} : { cursor: call.query.cursor }),
    })
  },

  async getLead(call) {
    return await service.get(call.principal.tenant, leadId(call))
  },

  async revealContact(call) {
    const { field, reason } = call.body
    const value = await service.reveal(call.principal, leadId(call), field, reason, call.requestId)
    return { lead_id: call.params.id, field, value }
  },

  async leadHistory(call) {
    const items = await service.history(call.principal.tenant, leadId(call), call.query.limit ?? 20)
    return { lead_id: call.params.id, items }
  },

  async search({ principal, query }) {
    const { q, limit = 20 } = query
    const { results, onlyNewest } = await service.search(principal.tenant, q, { limit })
    return { query: q, count: results.length, results, only_newest: onlyNewest }
  },
})

/** An id that no lead can have is unknown, whatever else is wrong with it. */
function leadId(call: { readonly params: { readonly id: string } }): string {
  if (!/^[\x21-\x7e]{1,200}$/.test(call.params.id)) throw new Problem('lead_not_found')
  return call.params.id
}
