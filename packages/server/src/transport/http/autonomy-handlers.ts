import type { Handlers } from './call.ts'

type Area = 'getAutonomy' | 'getCertificate' | 'setMode' | 'rearmAction' | 'restartAttempts'

export const autonomyHandlers: Handlers<Area> = {
  async getAutonomy({ services, principal, query }) {
    return await services.autonomy.overview(principal.tenant, query.pod)
  },

  async getCertificate({ services, principal, params }) {
    return await services.autonomy.certificate(principal.tenant, params.id)
  },

  async setMode({ services, principal, body, requestId }) {
    const { action, pod = null, mode, gate, reason } = body
    const change = { pod, action, mode, gate }
    return await services.autonomy.setMode(principal, change, reason, requestId)
  },

  async rearmAction({ services, principal, body, requestId }) {
    const { pod = null, action, reason } = body
    return await services.autonomy.rearm(principal, { pod, action }, reason, requestId)
  },

  async restartAttempts({ services, principal, body, requestId }) {
    const { pod = null, action, reason } = body
    return await services.autonomy.restartAttempts(principal, { pod, action }, reason, requestId)
  },
}
