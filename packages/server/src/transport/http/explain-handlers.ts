import type { Handlers } from './call.ts'

export const explainHandlers: Handlers<'explainDecision'> = {
  async explainDecision({ services, principal, params }) {
    return await services.explanations.decision(principal.tenant, params.id)
  },
}
