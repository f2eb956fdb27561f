import type { KeyView, Principal } from '@surety/contract'
import { isCountry } from '@surety/pii'
import { openBeside } from '../app/open-beside.ts'
import type { Config } from '../config/config.ts'
import { createKey, keys, type NewKey } from '../manage/keys/keys.ts'
import { settings } from '../manage/settings/settings.ts'
import { tenantSettings } from '../manage/settings/tenant-settings.ts'

export interface KeyStore extends AsyncDisposable {
  list(tenant: string): Promise<readonly KeyView[]>
  create(input: NewKey): Promise<{ key: string; view: KeyView }>
  disable(tenant: string, id: string): Promise<KeyView>
  /** Sets the country of a tenant. */
  setCountry(tenant: string, country: string): Promise<void>
}

const commandLine = (tenant: string): Principal => ({ keyId: 'cli', tenant, role: 'admin', name: 'cli', limits: {} })

/** Keys from the command line: on the database of DATABASE_URL, or on the embedded one, running or not. */
export async function openKeys(config: Config): Promise<KeyStore> {
  const beside = await openBeside(config)
  const { db, now, audit, announce } = beside
  const service = keys(beside)
  return {
    list: tenant => service.list(tenant),
    create: input => createKey(beside, 'cli', input),
    disable: (tenant, id) => service.update(commandLine(tenant), id, { enabled: false }),
    async setCountry(tenant, country) {
      const whole = tenantSettings(isCountry)
      const of = settings({ db, now, audit, pods: [], whole, defaultPod: '', announce })
      await of.put(commandLine(tenant), { name: 'tenant' }, { country }, true, 'cli')
    },
    [Symbol.asyncDispose]: () => beside[Symbol.asyncDispose](),
  }
}
