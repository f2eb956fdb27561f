import type { Handlers } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { asJsonObject } from '../../request/json-body.ts'
import type { settings } from './settings.ts'

const settingNames: ReadonlySet<string> = new Set(['attributes', 'policy', 'autonomy', 'tenant'])

/** Versioned settings. */
export const settingRoutes = (
  service: ReturnType<typeof settings>,
): Handlers<'getSettings' | 'putSettings' | 'changeSettings'> => ({
  async getSettings({ principal, params, query }) {
    const place = { name: known(params.name), pod: query.pod, question: query.question }
    return await service.get(principal.tenant, place)
  },

  async putSettings({ principal, params, query, body, requestId }) {
    const { apply = false, reset, version, pod, question } = query
    const place = { name: known(params.name), pod, question }
    const change = { given: asJsonObject(body), rest: 'defaults', reset, version, apply, requestId } as const
    return await service.save(principal, place, change)
  },

  async changeSettings({ principal, params, query, body, requestId }) {
    const { apply = false, version, pod, question } = query
    const place = { name: known(params.name), pod, question }
    const change = { given: asJsonObject(body), rest: 'kept', version, apply, requestId } as const
    return await service.save(principal, place, change)
  },
})

function known(name: string): string {
  if (!settingNames.has(name))
    throw new Problem('not_found', `There are no settings of this name; there are ${[...settingNames].join(', ')}.`)
  return name
}
