import type { KeyView, Principal } from '@surety/contract'
import { isCountry } from '@surety/pii'
import type { Config } from '../config/config.ts'
import { createKey, keys, type NewKey } from '../manage/keys/keys.ts'
import { settings } from '../manage/settings/settings.ts'
import { tenantSettings } from '../manage/settings/tenant-settings.ts'
import { auditOf } from '../store/audit.ts'
import { announce } from '../store/autonomy-epochs.ts'
import { openDatabase } from '../store/db.ts'
import { openEmbeddedOrJoin } from './open-or-join.ts'

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
  await using stack = new AsyncDisposableStack()
  const { address, role } = stack.use(await openEmbeddedOrJoin(config))
  const db = stack.use(openDatabase(address, role, 2))
  const now = () => new Date()
  const deps = { db, now, audit: auditOf() }
  const service = keys(deps)
  const open = stack.move()
  return {
    list: tenant => service.list(tenant),
    create: input => createKey(deps, 'cli', input),
    disable: (tenant, id) => service.update(commandLine(tenant), id, { enabled: false }),
    async setCountry(tenant, country) {
      const whole = tenantSettings(isCountry)
      const of = settings({ db, now, audit: deps.audit, pods: [], whole, defaultPod: '', announce })
      await of.put(commandLine(tenant), { name: 'tenant' }, { country }, true, 'cli')
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
