import type { Pod } from '@surety/contract'
import type { Config } from '../config/config.ts'
import { loadSecrets, type Secrets } from '../config/secrets.ts'
import { pods } from '../pods.ts'
import { type Audit, auditOf } from '../store/audit.ts'
import { announce } from '../store/autonomy-epochs.ts'
import { type Database, openDatabase, type Tx } from '../store/db.ts'
import { NoInstallation } from '../store/no-installation.ts'
import { openEmbeddedOrJoin } from '../store/open-or-join.ts'
import { tenantsOf } from '../store/tenants.ts'

/** What a command opens slices with. */
export interface Beside extends AsyncDisposable {
  readonly db: Database
  readonly now: () => Date
  readonly audit: Audit
  readonly pods: readonly Pod[]
  secrets(): Promise<Secrets>
  /** Tells every process to read the tenant again, with the commit. */
  announce(db: Tx, tenant: string): Promise<void>
  tenants(): Promise<readonly string[]>
}

/** For commands that need the keys of an installation, and not its database. */
export const noKeysIn = (dataDir: string): Error => new NoInstallation({ databaseUrl: null, dataDir })

/**
 * For commands beside a service: on the database of DATABASE_URL, or on the embedded one, running or not.
 * @param mayMake whether an installation is made where there is none
 * @throws NoInstallation
 */
export async function openBeside(config: Config, mayMake = false): Promise<Beside> {
  await using stack = new AsyncDisposableStack()
  const { address, role, owner } = stack.use(await openEmbeddedOrJoin(config, mayMake))
  const db = stack.use(openDatabase(address, role, 2, owner))
  const open = stack.move()
  return {
    db,
    now: () => new Date(),
    audit: auditOf(),
    pods,
    announce,
    secrets: () => loadSecrets(config.secrets, config.dataDir),
    tenants: () => db.transaction([], tenantsOf),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
