import type { Database } from '../store/db.ts'
import { ensurePartitions } from '../store/partitions.ts'
import { expireContacts, expireTexts, trimMessages } from '../store/retention.ts'
import { tenantsOf } from '../store/tenants.ts'

export interface RetentionDeps {
  readonly db: Database
  readonly memoryTtlDays: number
  readonly contactTtlDays: number
  forgetOldKeys(at: Date): Promise<void>
}

const dayMs = 86_400_000

/** Hourly: partitions for this month and the next, expired texts and contact fields, old idempotency keys. */
export async function retain(deps: RetentionDeps, at: Date): Promise<void> {
  const { db } = deps
  await db.transaction([], handle => ensurePartitions(handle, at, new Date(at.getTime() + 35 * dayMs)))
  for (const tenant of await db.transaction([], tenantsOf)) {
    await db.transaction([tenant], handle => trimMessages(handle, tenant))
    if (deps.memoryTtlDays > 0)
      await db.transaction([tenant], handle =>
        expireTexts(handle, tenant, new Date(at.getTime() - deps.memoryTtlDays * dayMs)),
      )
    if (deps.contactTtlDays > 0)
      await db.transaction([tenant], handle =>
        expireContacts(handle, tenant, new Date(at.getTime() - deps.contactTtlDays * dayMs)),
      )
  }
  await deps.forgetOldKeys(at)
}
