import { enveloped } from './answer.ts'
import type { Handlers } from './call.ts'

type Area = 'getAutonomy' | 'getCertificate' | 'setMode' | 'rearmAction' | 'restartAttempts'

export const autonomyHandlers: Handlers<Area> = {
  async getAutonomy({ services, principal, requestId }) {
    return enveloped(requestId, await services.autonomy.overview(principal.tenant))
  },

  async getCertificate({ services, principal, params, requestId }) {
    return enveloped(requestId, await services.autonomy.certificate(principal.tenant, params.id))
  },

  async setMode({ services, principal, body, requestId }) {
    const { action, pod = null, mode, gate, reason } = body
    const change = { pod, action, mode, gate }
    return enveloped(requestId, await services.autonomy.setMode(principal, change, reason, requestId))
  },

  async rearmAction({ services, principal, body, requestId }) {
    return enveloped(requestId, await services.autonomy.rearm(principal, body.action, body.reason, requestId))
  },

  async restartAttempts({ services, principal, body, requestId }) {
    return enveloped(requestId, await services.autonomy.restartAttempts(principal, body.action, body.reason, requestId))
  },
}
