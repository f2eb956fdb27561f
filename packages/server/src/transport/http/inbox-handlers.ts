import { Problem } from '../../errors.ts'
import type { Handlers } from './call.ts'
import { instantOf } from './instants.ts'

type Area = 'listInbox' | 'nextInInbox' | 'releaseCase' | 'extendLease' | 'answerCase' | 'undoAnswer' | 'bulkAnswer'

export const inboxHandlers: Handlers<Area> = {
  async listInbox({ services, principal, query }) {
    const { pod, cursor, order = 'urgency', limit = 50 } = query
    return await services.inbox.list(principal, {
      order,
      limit,
      ...(pod === undefined ? {} : { pod }),
      ...(cursor === undefined ? {} : { cursor }),
    })
  },

  async nextInInbox({ services, principal, body }) {
    const { pod, order = 'urgency', except = [] } = body ?? {}
    const asked = { order, except, ...(pod === undefined ? {} : { pod }) }
    return await services.inbox.next(principal, asked)
  },

  async releaseCase({ services, principal, params, body }) {
    const id = caseId(params)
    await services.inbox.release(principal, id, body.lease_token)
    return { case_id: id, released: true }
  },

  async extendLease({ services, principal, params, body }) {
    const id = caseId(params)
    const until = await services.inbox.extend(principal, id, body.lease_token)
    return { case_id: id, leased_until: until.toISOString() }
  },

  async answerCase({ services, principal, params, body }) {
    const { answer, lease_token, outcome, notes } = body
    return await services.inbox.answer(principal, caseId(params), {
      answer,
      lease_token,
      ...(outcome === undefined ? {} : { outcome }),
      ...(notes === undefined ? {} : { notes }),
    })
  },

  async undoAnswer({ services, principal, params, body, requestId }) {
    return await services.inbox.undo(principal, caseId(params), body?.reason, requestId)
  },

  async bulkAnswer({ services, principal, body, requestId }) {
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
    return await services.inbox.bulk(principal, asked, requestId)
  },
}

/** An id that no case can have is unknown, whatever else is wrong with it. */
function caseId(params: { readonly case: string }): string {
  if (params.case.length > 200 || params.case.includes('\0')) throw new Problem('case_not_found')
  return params.case
}
