import type { Handlers, Principal } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { taskService } from './tasks.ts'

const askerOf = ({ tenant, keyId }: Principal) => ({ tenant, actor: `key:${keyId}` })

type Area = 'listTasks' | 'runTask' | 'pauseTask' | 'resumeTask' | 'scheduleTask'

/** What recurs. Tasks are of the whole installation. */
export const taskRoutes = (service: ReturnType<typeof taskService>): Handlers<Area> => ({
  async listTasks({ principal }) {
    return await service.list(askerOf(principal))
  },

  async runTask({ principal, params, requestId }) {
    return await service.run(askerOf(principal), params.name, requestId)
  },

  async pauseTask({ principal, params, requestId }) {
    return await service.pause(askerOf(principal), params.name, requestId)
  },

  async resumeTask({ principal, params, requestId }) {
    return await service.resume(askerOf(principal), params.name, requestId)
  },

  async scheduleTask({ principal, params, body, requestId }) {
    const { cron, time_zone } = body
    if (cron === undefined && time_zone !== undefined) {
      const errors = [{ path: 'cron', code: 'required', message: 'a time zone without times says nothing' }]
      throw new Problem('validation_failed', undefined, { errors })
    }
    const schedule = cron === undefined ? null : { cron, timeZone: time_zone ?? 'UTC' }
    return await service.schedule(askerOf(principal), params.name, schedule, requestId)
  },
})
