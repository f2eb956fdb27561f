import { Problem } from '../../errors.ts'
import type { Handlers } from './call.ts'

type Area = 'listOutbox' | 'cancelFollowups' | 'requestReview'

export const actHandlers: Handlers<Area> = {
  async listOutbox({ services, principal, query }) {
    const { limit = 50, cursor } = query
    const page = await services.acts.outbox(principal.tenant, { limit, ...(cursor === undefined ? {} : { cursor }) })
    return page
  },

  async cancelFollowups({ services, principal, params, body, requestId }) {
    const { cancelled } = await services.acts.cancel(principal, leadId(params), said(body.reason), requestId)
    return { lead_id: params.id, cancelled }
  },

  async requestReview({ services, principal, params, body, requestId }) {
    const { cancelled } = await services.acts.requestReview(principal, leadId(params), said(body.reason), requestId)
    return { lead_id: params.id, state: 'queued', reason: 'review_requested', cancelled }
  },
}

function said(reason: string): string {
  if (reason.trim() === '') throw new Problem('reason_required')
  return reason.trim()
}

/** An id that no lead can have is unknown, whatever else is wrong with it. */
function leadId({ id }: { readonly id: string }): string {
  if (!/^[\x21-\x7e]{1,200}$/.test(id)) throw new Problem('lead_not_found')
  return id
}
