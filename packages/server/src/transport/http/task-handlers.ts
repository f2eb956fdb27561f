import type { Principal } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Handlers } from './call.ts'

type Area = 'listTasks' | 'runTask' | 'pauseTask' | 'resumeTask' | 'scheduleTask'

const askerOf = ({ tenant, keyId }: Principal) => ({ tenant, actor: `key:${keyId}` })

export const taskHandlers: Handlers<Area> = {
  async listTasks({ services, principal }) {
    return await services.tasks.list(askerOf(principal))
  },

  async runTask({ services, principal, params, requestId }) {
    return await services.tasks.run(askerOf(principal), params.name, requestId)
  },

  async pauseTask({ services, principal, params, requestId }) {
    return await services.tasks.pause(askerOf(principal), params.name, requestId)
  },

  async resumeTask({ services, principal, params, requestId }) {
    return await services.tasks.resume(askerOf(principal), params.name, requestId)
  },

  async scheduleTask({ services, principal, params, body, requestId }) {
    const { cron, time_zone } = body
    if (cron === undefined && time_zone !== undefined) {
      const errors = [{ path: 'cron', code: 'required', message: 'a time zone without times says nothing' }]
      throw new Problem('validation_failed', undefined, { errors })
    }
    const schedule = cron === undefined ? null : { cron, timeZone: time_zone ?? 'UTC' }
    return await services.tasks.schedule(askerOf(principal), params.name, schedule, requestId)
  },
}
