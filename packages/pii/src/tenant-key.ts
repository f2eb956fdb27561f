import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'

/** The tenant's own key for tokens (HKDF-SHA256 of one root key): equal values join inside a tenant, never across two. */
export function tenantPiiKey(root: Buffer | KeyObject, tenant: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', root, 'surety', `pii-token/${tenant}`, 32)))
}
