import type { KeyView, Principal } from '@surety/contract'
import { isCountry } from '@surety/pii'
import { type Beside, openBeside } from '../app/open-beside.ts'
import { redactBeside } from '../app/tenant-privacy.ts'
import type { Config } from '../config/config.ts'
import { Problem } from '../errors.ts'
import { checkKeyFields, platform, refusePersonalNames } from '../manage/keys/key-input.ts'
import { createKey, keys, type NewKey, type Rotation } from '../manage/keys/keys.ts'
import { saveSetting } from '../manage/settings/settings.ts'
import { tenantSettings } from '../manage/settings/tenant-settings.ts'

export interface KeyStore extends AsyncDisposable {
  list(tenant: string): Promise<readonly KeyView[]>
  /** With a country it becomes that of the tenant, together with the key or not at all. */
  create(input: NewKey, country?: string): Promise<{ key: string; view: KeyView }>
  disable(tenant: string, id: string): Promise<KeyView>
  rotate(tenant: string, id: string, rotation: Rotation): Promise<{ key: string; view: KeyView }>
  /** null: none. */
  setQuota(tenant: string, id: string, dailyQuota: number | null): Promise<KeyView>
  /** Says whether the key is a system of record. */
  mark(tenant: string, id: string, systemOfRecord: boolean): Promise<KeyView>
}

const commandLine = (tenant: string): Principal => ({
  kind: 'key',
  keyId: 'cli',
  tenant,
  role: 'admin',
  name: 'cli',
  limits: {},
})

/** Keys from the command line: on the database of DATABASE_URL, or on the embedded one, running or not. */
export async function openKeys(config: Config, mayMake: boolean): Promise<KeyStore> {
  const beside = await openBeside(config, mayMake)
  return { ...keyStore(beside), [Symbol.asyncDispose]: () => beside[Symbol.asyncDispose]() }
}

export function keyStore(
  beside: Pick<Beside, 'db' | 'now' | 'audit' | 'announce'>,
): Omit<KeyStore, typeof Symbol.asyncDispose> {
  const { now, audit, announce } = beside
  const service = keys(beside)
  const redact = redactBeside(beside.db)
  return {
    list: tenant => service.list(tenant),
    async create(input, country) {
      checkKeyFields(input)
      const { tenant, name } = input
      await refusePersonalNames(async text => (await redact(tenant, text)) !== text, { tenant, name })
      if (country === undefined) return createKey(beside, 'cli', input)
      if (input.tenant === platform) {
        const message = 'the platform has no country: name a tenant'
        throw new Problem('validation_failed', undefined, { errors: [{ path: 'country', code: 'invalid', message }] })
      }
      const whole = tenantSettings(isCountry)
      const deps = { now, audit, questions: [], whole, defaultPod: '', announce }
      return createKey(beside, 'cli', input, async db => {
        const change = { given: { country }, rest: 'kept', apply: true, requestId: 'cli' } as const
        await saveSetting(deps, db, commandLine(input.tenant), { name: 'tenant' }, change)
      })
    },
    disable: (tenant, id) => service.update(commandLine(tenant), id, { enabled: false }),
    rotate: (tenant, id, rotation) => service.rotate(commandLine(tenant), id, rotation),
    setQuota: (tenant, id, dailyQuota) => service.update(commandLine(tenant), id, { dailyQuota }),
    mark: (tenant, id, systemOfRecord) => service.update(commandLine(tenant), id, { systemOfRecord }),
  }
}
