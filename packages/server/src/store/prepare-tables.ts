import type { DbAddress, Login } from './db.ts'
import { migrate } from './migrate.ts'
import { grantService } from './service-grants.ts'
import { checkLogins } from './service-login.ts'

export interface PreparedTables {
  /** The role that every connection to the address must use: null when the login itself is a plain role. */
  readonly role: string | null
  /** The owner of the tables, where that is another login. */
  readonly owner: Login | null
  /** Names of the migrations that were applied. */
  readonly applied: readonly string[]
}

/**
 * Brings the tables up to date: as the login of the address, or as their owner where that is another one; then the login of the
 * address holds what serving takes, and nothing else.
 * @throws one sentence where two logins are given that do not keep the tables from the service
 */
export async function prepareTables(
  address: DbAddress,
  migrateUrl: string | null,
  onWait?: () => void,
): Promise<PreparedTables> {
  if (migrateUrl === null) return { ...(await migrate(address, onWait)), owner: null }
  const service = await checkLogins(address, { url: migrateUrl })
  const { role, applied } = await migrate({ url: migrateUrl }, onWait)
  const owner = { address: { url: migrateUrl }, role }
  await grantService(owner, service)
  return { role: null, owner, applied }
}
