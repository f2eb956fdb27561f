import type { Handlers } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { ModelServices } from './models.ts'

type Area = 'reloadModel' | 'modelStatus' | 'rollbackModel' | 'retrain' | 'modelCard'

/** The model that serves: gate, status, rollback, training. */
export const modelRoutes = (
  service: Pick<ModelServices, 'status' | 'reload' | 'rollback' | 'retrain' | 'card'>,
): Handlers<Area> => ({
  async reloadModel({ principal, query, body, requestId }) {
    const answer = await service.reload(principal, {
      candidate: body ?? null,
      minAuc: query.min_auc,
      reason: said(query.reason),
      requestId,
    })
    return answer.accepted
      ? { status: 200, data: answer.body }
      : { status: 409, data: answer.body, headers: { 'x-reject-code': answer.code } }
  },

  async modelStatus({ principal }) {
    return await service.status(principal.tenant)
  },

  async rollbackModel({ principal, query, body, requestId }) {
    const reason = neededReason(query.reason, body?.reason)
    const belowFloor = body?.below_floor ?? false
    return await service.rollback(principal, reason, requestId, belowFloor)
  },

  async retrain({ principal, query, body, requestId }) {
    const reason = neededReason(query.reason, body?.reason)
    return await service.retrain(principal, reason, requestId)
  },

  async modelCard({ principal }) {
    return await service.card(principal.tenant)
  },
})

/** A blank reason is none. */
function said(reason: string | undefined): string | undefined {
  return reason === undefined || reason.trim() === '' ? undefined : reason.trim()
}

function neededReason(...given: readonly (string | undefined)[]): string {
  const reason = given.map(said).find(text => text !== undefined)
  if (reason === undefined) throw new Problem('reason_required')
  return reason
}
