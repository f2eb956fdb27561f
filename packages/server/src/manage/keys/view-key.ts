import type { KeyView } from '@surety/contract'
import type { KeyRow } from '../../store/api-keys.ts'

/** A key as it is written down: never its secret, nor the hash of it. */
export function describeKey(row: KeyRow): Omit<KeyView, 'used_today' | 'old_secrets'> {
  return {
    id: row.id,
    tenant: row.tenant,
    role: row.role,
    name: row.name,
    limits: row.limits,
    daily_quota: row.dailyQuota,
    grants: row.grants,
    system_of_record: row.systemOfRecord,
    enabled: row.enabled,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
    rotated_at: row.rotatedAt?.toISOString() ?? null,
  }
}

/** A key as administrators see it now. @param used of its quota, today */
export const viewKey = (row: KeyRow, now: Date, used = 0): KeyView => ({
  ...describeKey(row),
  used_today: row.dailyQuota === null ? null : used,
  old_secrets: row.oldSecrets.filter(({ until }) => new Date(until) > now).map(({ until }) => ({ good_until: until })),
})
