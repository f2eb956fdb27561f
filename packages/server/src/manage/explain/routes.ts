import type { Handlers } from '@surety/contract'
import type { explanations } from './explain.ts'

type Area = 'explainDecision'

/** Decisions, explained. */
export const explainRoutes = (service: ReturnType<typeof explanations>): Handlers<Area> => ({
  async explainDecision({ principal, params }) {
    return await service.decision(principal.tenant, params.id)
  },
})
