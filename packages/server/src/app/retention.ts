import { expireContacts } from '../store/contact-retention.ts'
import type { Database, Db } from '../store/db.ts'
import { ensurePartitions } from '../store/partitions.ts'
import { expireTexts, trimMessages } from '../store/retention.ts'
import { tenantsOf } from '../store/tenants.ts'

export interface RetentionDeps {
  readonly db: Database
  readonly memoryTtlDays: number
  readonly contactTtlDays: number
  forgetOldKeys(db: Db, at: Date): Promise<unknown>
  readonly onError: (error: unknown, task?: string) => void
  /** Aborted when the process stops: what was done stays, the rest is the next run's. */
  readonly signal?: AbortSignal | undefined
}

const dayMs = 86_400_000

/**
 * Hourly: partitions for this month and the next, expired texts and contact fields, old idempotency keys. What fails for
 * one tenant is told and does not keep the others from their turn; the run as a whole then counts as failed.
 */
export async function retain(deps: RetentionDeps, at: Date): Promise<void> {
  const { db } = deps
  await db.transaction([], handle => ensurePartitions(handle, at, new Date(at.getTime() + 35 * dayMs)))
  const tenants = await db.transaction([], tenantsOf)
  let failed = 0
  for (const tenant of tenants)
    try {
      await retainOne(deps, tenant, at)
    } catch (error) {
      deps.signal?.throwIfAborted()
      failed++
      deps.onError(error, 'retention')
    }
  if (failed > 0) throw new Error(`retention failed for ${failed} of ${tenants.length} tenants`)
}

async function retainOne(deps: RetentionDeps, tenant: string, at: Date): Promise<void> {
  const { db, memoryTtlDays, contactTtlDays, signal } = deps
  const options = { signal }
  const before = (days: number) => new Date(at.getTime() - days * dayMs)
  await db.transaction([tenant], handle => deps.forgetOldKeys(handle, at))
  await trimMessages(db, tenant, at, options)
  if (memoryTtlDays > 0) await expireTexts(db, tenant, before(memoryTtlDays), options)
  if (contactTtlDays > 0) await expireContacts(db, tenant, before(contactTtlDays), options)
}
