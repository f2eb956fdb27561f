import type { Handlers } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { possibleId } from '../../request/ids.ts'
import type { acts } from './acts.ts'

type Area = 'listOutbox' | 'cancelFollowups' | 'requestReview'

/** What the machine did, and how a person stops it for one lead. */
export const actRoutes = (service: ReturnType<typeof acts>): Handlers<Area> => ({
  async listOutbox({ principal, query }) {
    const { limit = 50, cursor } = query
    return await service.outbox(principal.tenant, { limit, ...(cursor === undefined ? {} : { cursor }) })
  },

  async cancelFollowups({ principal, params, body, requestId }) {
    const id = possibleId(params.id, 'lead_not_found')
    const { cancelled } = await service.cancel(principal, id, said(body.reason), requestId)
    return { lead_id: id, cancelled }
  },

  async requestReview({ principal, params, body, requestId }) {
    const id = possibleId(params.id, 'lead_not_found')
    const { cancelled } = await service.requestReview(principal, id, said(body.reason), requestId)
    return { lead_id: id, state: 'queued', reason: 'review_requested', cancelled }
  },
})

function said(reason: string): string {
  if (reason.trim() === '') throw new Problem('reason_required')
  return reason.trim()
}
