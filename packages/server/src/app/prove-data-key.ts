import { ConfigError } from '../config/config.ts'
import { pods } from '../pods.ts'
import type { Database } from '../store/db.ts'
import { type DataKeys, openContact } from '../store/seal.ts'
import { newestSealed, tenantsOf } from '../store/tenants.ts'

/** Start is refused when contact fields that are stored cannot be opened with the configured keys. */
export async function proveDataKey(db: Database, keys: DataKeys): Promise<void> {
  const sealing = pods.filter(pod => pod.hasContacts)
  for (const tenant of await db.transaction([], tenantsOf))
    for (const pod of sealing) {
      const probe = await db.transaction([tenant], handle => newestSealed(handle, tenant, pod.name))
      if (probe === null) continue
      try {
        openContact(keys, tenant, probe.caseId, probe.sealed)
      } catch {
        throw new ConfigError(
          'DATA_KEY does not open the contact fields that are stored: start with the key they were written with (keys.json in DATA_DIR, or your backup of it).',
        )
      }
    }
}
