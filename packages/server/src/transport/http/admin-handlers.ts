import { Problem } from '../../errors.ts'
import type { Handlers } from './call.ts'
import { instantOf } from './instants.ts'
import { asJsonObject } from './json-body.ts'

type Area = 'getSettings' | 'putSettings' | 'listKeys' | 'createKey' | 'changeKey' | 'deleteKey'

const settingNames: ReadonlySet<string> = new Set(['attributes', 'policy', 'autonomy', 'tenant'])

export const adminHandlers: Handlers<Area> = {
  async getSettings({ services, principal, params, query }) {
    const place = { name: known(params.name), pod: query.pod }
    return await services.settings.get(principal.tenant, place)
  },

  async putSettings({ services, principal, params, query, body, requestId }) {
    const { apply = false, pod } = query
    const place = { name: known(params.name), pod }
    return await services.settings.put(principal, place, asJsonObject(body), apply, requestId)
  },

  async listKeys({ services, principal }) {
    return { items: await services.keys.list(principal.tenant), next: null }
  },

  async createKey({ services, principal, body }) {
    const { tenant, role, name, limits, grants, expires_at } = body
    const { key, view } = await services.keys.create(principal, {
      role,
      name,
      ...(tenant === undefined ? {} : { tenant }),
      ...(limits === undefined ? {} : { limits: given(limits) }),
      ...(grants === undefined ? {} : { grants }),
      ...(expires_at === undefined ? {} : { expiresAt: instantOf('expires_at', expires_at) }),
    })
    return { key, ...view }
  },

  async changeKey({ services, principal, params, body }) {
    const { enabled, name, limits, grants, expires_at } = body
    const view = await services.keys.update(principal, keyId(params.id), {
      ...(enabled === undefined ? {} : { enabled }),
      ...(name === undefined ? {} : { name }),
      ...(limits === undefined ? {} : { limits: given(limits) }),
      ...(grants === undefined ? {} : { grants }),
      ...(expires_at === undefined
        ? {}
        : { expiresAt: expires_at === null ? null : instantOf('expires_at', expires_at) }),
    })
    return view
  },

  async deleteKey({ services, principal, params }) {
    await services.keys.remove(principal, keyId(params.id))
    return { id: params.id, deleted: true }
  },
}

function keyId(id: string): string {
  if (!/^[\x21-\x7e]{1,200}$/.test(id)) throw new Problem('key_not_found')
  return id
}

function known(name: string): string {
  if (!settingNames.has(name))
    throw new Problem('not_found', `There are no settings of this name; there are ${[...settingNames].join(', ')}.`)
  return name
}

function given(limits: { readonly [group: string]: number | undefined }): { [group: string]: number } {
  return Object.fromEntries(Object.entries(limits).filter(entry => entry[1] !== undefined)) as {
    [group: string]: number
  }
}
