import { enveloped } from './answer.ts'
import type { Handlers } from './call.ts'

export const explainHandlers: Handlers<'explainDecision'> = {
  async explainDecision({ services, principal, params, requestId }) {
    return enveloped(requestId, await services.explanations.decision(principal.tenant, params.id))
  },
}
