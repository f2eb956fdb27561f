import { Problem } from '../../errors.ts'
import type { Handlers } from './call.ts'

type Area = 'reloadModel' | 'modelStatus' | 'rollbackModel' | 'retrain' | 'modelCard'

export const modelHandlers: Handlers<Area> = {
  async reloadModel({ services, principal, query, body, requestId }) {
    const answer = await services.models.reload(principal, {
      candidate: body ?? null,
      minAuc: query.min_auc,
      reason: said(query.reason),
      requestId,
    })
    return answer.accepted
      ? { status: 200, data: answer.body }
      : { status: 409, data: answer.body, headers: { 'x-reject-code': answer.code } }
  },

  async modelStatus({ services, principal }) {
    return await services.models.status(principal.tenant)
  },

  async rollbackModel({ services, principal, query, body, requestId }) {
    const reason = neededReason(query.reason, body?.reason)
    const belowFloor = body?.below_floor ?? false
    return await services.models.rollback(principal, reason, requestId, belowFloor)
  },

  async retrain({ services, principal, query, body, requestId }) {
    const reason = neededReason(query.reason, body?.reason)
    return await services.models.retrain(principal, reason, requestId)
  },

  async modelCard({ services, principal }) {
    return await services.models.card(principal.tenant)
  },
}

/** A blank reason is none. */
function said(reason: string | undefined): string | undefined {
  return reason === undefined || reason.trim() === '' ? undefined : reason.trim()
}

function neededReason(...given: readonly (string | undefined)[]): string {
  const reason = given.map(said).find(text => text !== undefined)
  if (reason === undefined) throw new Problem('reason_required')
  return reason
}
