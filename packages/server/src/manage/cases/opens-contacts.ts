import type { Pod } from '@surety/contract'
import type { Database } from '../../store/db.ts'
import { type DataKeys, openContact, sealedWith } from '../../store/seal.ts'
import { givenUpKeys } from '../../store/sealed-contacts.ts'
import { newestSealed, tenantsOf } from '../../store/tenants.ts'

/** false: contact fields that are stored cannot be opened with these keys, and nobody gave them up. */
export async function opensContacts(db: Database, keys: DataKeys, pods: readonly Pod[]): Promise<boolean> {
  const sealing = pods.filter(pod => pod.hasContacts)
  for (const tenant of await db.transaction([], tenantsOf))
    for (const pod of sealing) {
      const probe = await db.transaction([tenant], handle => newestSealed(handle, tenant, pod.name))
      if (probe === null) continue
      try {
        openContact(keys, tenant, probe.caseId, probe.sealed)
      } catch {
        if (!(await db.read(['*'], givenUpKeys)).has(sealedWith(probe.sealed))) return false
      }
    }
  return true
}
