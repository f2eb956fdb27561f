import type { Handlers } from '@surety/contract'
import { possibleId } from '../../request/ids.ts'
import { instantOf } from '../../request/instants.ts'
import type { keys } from './keys.ts'

type Area = 'listKeys' | 'createKey' | 'changeKey' | 'rotateKey' | 'deleteKey'

/** API keys. */
export const keyRoutes = (service: ReturnType<typeof keys>): Handlers<Area> => ({
  async listKeys({ principal }) {
    return { items: await service.list(principal.tenant), next: null }
  },

  async createKey({ principal, body }) {
    const { tenant, role, name, limits, daily_quota: dailyQuota } = body
    const { grants, system_of_record: systemOfRecord, expires_at } = body
    const { key, view } = await service.create(principal, {
      role,
      name,
      ...(tenant === undefined ? {} : { tenant }),
      ...(limits === undefined ? {} : { limits: given(limits) }),
      ...(dailyQuota === undefined ? {} : { dailyQuota }),
      ...(grants === undefined ? {} : { grants }),
      ...(systemOfRecord === undefined ? {} : { systemOfRecord }),
      ...(expires_at === undefined ? {} : { expiresAt: instantOf('expires_at', expires_at) }),
    })
    return { key, ...view }
  },

  async changeKey({ principal, params, body }) {
    const { enabled, name, limits, daily_quota: dailyQuota } = body
    const { grants, system_of_record: systemOfRecord, expires_at } = body
    const view = await service.update(principal, possibleId(params.id, 'key_not_found'), {
      ...(enabled === undefined ? {} : { enabled }),
      ...(name === undefined ? {} : { name }),
      ...(limits === undefined ? {} : { limits: given(limits) }),
      ...(dailyQuota === undefined ? {} : { dailyQuota }),
      ...(grants === undefined ? {} : { grants }),
      ...(systemOfRecord === undefined ? {} : { systemOfRecord }),
      ...(expires_at === undefined
        ? {}
        : { expiresAt: expires_at === null ? null : instantOf('expires_at', expires_at) }),
    })
    return view
  },

  async rotateKey({ principal, params, body, requestId }) {
    const { overlap_seconds: overlapSeconds, reason } = body ?? {}
    const id = possibleId(params.id, 'key_not_found')
    const { key, view } = await service.rotate(principal, id, { overlapSeconds, reason, requestId })
    return { key, ...view }
  },

  async deleteKey({ principal, params }) {
    await service.remove(principal, possibleId(params.id, 'key_not_found'))
    return { id: params.id, deleted: true }
  },
})

function given(limits: { readonly [group: string]: number | undefined }): { [group: string]: number } {
  return Object.fromEntries(Object.entries(limits).filter(entry => entry[1] !== undefined)) as {
    [group: string]: number
  }
}
