import type { Handlers } from '@surety/contract'
import { possibleId } from '../../request/ids.ts'
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
    const id = possibleId(call.params.id, 'lead_not_found')
    return await service.get(call.principal.tenant, id)
  },

  async revealContact(call) {
    const id = possibleId(call.params.id, 'lead_not_found')
    const { field, reason } = call.body
    const value = await service.reveal(call.principal, id, field, reason, call.requestId)
    return { lead_id: id, field, value }
  },

  async leadHistory(call) {
    const id = possibleId(call.params.id, 'lead_not_found')
    const items = await service.history(call.principal.tenant, id, call.query.limit ?? 20)
    return { lead_id: id, items }
  },

  async search({ principal, query }) {
    const { q, limit = 20 } = query
    const { results, onlyNewest } = await service.search(principal.tenant, q, { limit })
    return { query: q, count: results.length, results, only_newest: onlyNewest }
  },
})
