import type { Handlers } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { autonomy } from './autonomy.ts'
import { invalid } from './modes.ts'

type Area =
  | 'getAutonomy'
  | 'getCertificate'
  | 'getLabels'
  | 'acceptCertificate'
  | 'acceptImport'
  | 'setMode'
  | 'rearmAction'
  | 'restartAttempts'

/** Modes, certificates, tripwires. */
export const autonomyRoutes = (service: ReturnType<typeof autonomy>): Handlers<Area> => ({
  async getAutonomy({ principal, query }) {
    return await service.overview(principal.tenant, query)
  },

  async getCertificate({ principal, params }) {
    return await service.certificate(principal.tenant, params.id)
  },

  async getLabels({ principal, query }) {
    return await service.labels(principal.tenant, query)
  },

  async acceptCertificate({ principal, params, body, requestId }) {
    return await service.accept(principal, params.id, body.reason, requestId)
  },

  async acceptImport({ principal, body, requestId }) {
    return await service.acceptImport(principal, body.key, body.reason, requestId)
  },

  async setMode({ principal, body, requestId }) {
    const { pod = null, question = null, mode, gate, reason } = body
    // Whoever stops in a hurry means all of it.
    const action = body.action ?? (mode === 'stopped' ? '*' : null)
    if (action === null) throw invalid('action', 'name an action, or * for all of them')
    const change = { pod, question, action, mode, gate }
    return await service.setMode(principal, change, reason, requestId)
  },

  async rearmAction({ principal, body, requestId }) {
    const { pod = null, question = null, action, reason } = body
    return await service.rearm(principal, { pod, question, action }, reason, requestId)
  },

  // Looking at a record spends nothing, so there is nothing to begin anew; who still asks is told so.
  async restartAttempts() {
    throw new Problem('attempts_are_gone')
  },
})
