import type { KeyView } from '@surety/contract'
import type { KeyRow } from '../../store/api-keys.ts'

/** A key as administrators see it: never its secret, nor the hash of it. */
export function viewKey(row: KeyRow): KeyView {
  return {
    id: row.id,
    tenant: row.tenant,
    role: row.role,
    name: row.name,
    limits: row.limits,
    grants: row.grants,
    system_of_record: row.systemOfRecord,
    enabled: row.enabled,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
  }
}
