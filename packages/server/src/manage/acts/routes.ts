import type { Handlers } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { acts } from './acts.ts'

type Area = 'listOutbox' | 'cancelFollowups' | 'requestReview'

/** What the machine did, and how a person stops it for one lead. */
export const actRoutes = (service: ReturnType<typeof acts>): Handlers<Area> => ({
  async listOutbox({ principal, query }) {
    const { limit = 50, cursor } = query
    const page = await service.outbox(principal.tenant, { limit, ...(cursor === undefined ? {} : { cursor }) })
    return page
  },

  async cancelFollowups({ principal, params, body, requestId }) {
    const { cancelled } = await service.cancel(principal, leadId(params), said(body.reason), requestId)
    return { lead_id: params.id, cancelled }
  },

  async requestReview({ principal, params, body, requestId }) {
    const { cancelled } = await service.requestReview(principal, leadId(params), said(body.reason), requestId)
    return { lead_id: params.id, state: 'queued', reason: 'review_requested', cancelled }
  },
})

function said(reason: string): string {
  if (reason.trim() === '') throw new Problem('reason_required')
  return reason.trim()
}

/** An id that no lead can have is unknown, whatever else is wrong with it. */
function leadId({ id }: { readonly id: string }): string {
  if (!/^[\x21-\x7e]{1,200}$/.test(id)) throw new Problem('lead_not_found')
  return id
}
