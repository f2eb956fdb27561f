import type { Handlers } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { instantOf } from '../../request/instants.ts'
import type { InboxSlice } from './inbox.ts'

type Area = 'listInbox' | 'nextInInbox' | 'releaseCase' | 'extendLease' | 'answerCase' | 'undoAnswer' | 'bulkAnswer'

/** What waits for a person, of every pod. */
export const inboxRoutes = (service: InboxSlice): Handlers<Area> => ({
  async listInbox({ principal, query }) {
    const { pod, cursor, order = 'urgency', limit = 50 } = query
    return await service.list(principal, {
      order,
      limit,
      ...(pod === undefined ? {} : { pod }),
      ...(cursor === undefined ? {} : { cursor }),
    })
  },

  async nextInInbox({ principal, body }) {
    const { pod, order = 'urgency', except = [] } = body ?? {}
    const asked = { order, except, ...(pod === undefined ? {} : { pod }) }
    return await service.next(principal, asked)
  },

  async releaseCase({ principal, params, body }) {
    const id = caseId(params)
    await service.release(principal, id, body.lease_token)
    return { case_id: id, released: true }
  },

  async extendLease({ principal, params, body }) {
    const id = caseId(params)
    const until = await service.extend(principal, id, body.lease_token)
    return { case_id: id, leased_until: until.toISOString() }
  },

  async answerCase({ principal, params, body }) {
    const { answer, answers, lease_token, outcome, outcomes, notes } = body
    return await service.answer(principal, caseId(params), {
      answer,
      lease_token,
      ...(answers === undefined ? {} : { answers }),
      ...(outcome === undefined ? {} : { outcome }),
      ...(outcomes === undefined ? {} : { outcomes }),
      ...(notes === undefined ? {} : { notes }),
    })
  },

  async undoAnswer({ principal, params, body, requestId }) {
    return await service.undo(principal, caseId(params), body?.reason, requestId)
  },

  async bulkAnswer({ principal, body, requestId }) {
    const { pod, query, answer, reason, outcome, preview_token } = body
    const { urgency, older_than, probability_from, probability_to, reason: why } = query
    const asked = {
      pod,
      query: {
        ...(urgency === undefined ? {} : { urgency }),
        ...(older_than === undefined ? {} : { older_than: instantOf('query.older_than', older_than) }),
        ...(probability_from === undefined ? {} : { probability_from }),
        ...(probability_to === undefined ? {} : { probability_to }),
        ...(why === undefined ? {} : { reason: why }),
      },
      answer,
      reason,
      ...(outcome === undefined ? {} : { outcome }),
      ...(preview_token === undefined ? {} : { preview_token }),
    }
    return await service.bulk(principal, asked, requestId)
  },
})

/** An id that no case can have is unknown, whatever else is wrong with it. */
function caseId(params: { readonly case: string }): string {
  if (params.case.length > 200 || params.case.includes('\0')) throw new Problem('case_not_found')
  return params.case
}
