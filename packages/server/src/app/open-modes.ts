import type { Gate, Mode } from '@surety/contract'
import type { Config } from '../config/config.ts'
import { loadSecrets } from '../config/secrets.ts'
import { Problem } from '../errors.ts'
import { changeModes, type ModeNow } from '../manage/autonomy/modes.ts'
import { pods } from '../pods.ts'
import { auditOf } from '../store/audit.ts'
import { openDatabase } from '../store/db.ts'
import { tenantsOf } from '../store/tenants.ts'
import { openEmbeddedOrJoin } from './open-or-join.ts'
import { redactFor } from './tenant-privacy.ts'

export interface ModeOrder {
  readonly tenant: string
  readonly pod: string | null
  readonly action: string
  readonly mode: Mode
  readonly gate: Gate | undefined
  readonly reason: string
}

/** A mode from the command line, through the database: a service that runs follows in under a second. */
export async function setModeDirectly(config: Config, order: ModeOrder): Promise<readonly ModeNow[]> {
  await using stack = new AsyncDisposableStack()
  const { piiRoot } = await loadSecrets(config.secrets, config.dataDir)
  const { address, role } = stack.use(await openEmbeddedOrJoin(config))
  const db = stack.use(openDatabase(address, role, 2))
  const now = () => new Date()
  // A stop for a mistyped name would stop nothing and say that it did.
  const known = await db.transaction([], tenantsOf)
  if (!known.includes(order.tenant)) {
    const errors = [
      { path: 'tenant', code: 'unknown', message: `there is no such tenant; there are ${known.join(', ')}` },
    ]
    throw new Problem('validation_failed', undefined, { errors })
  }
  const { tenant, pod, action, mode, gate } = order
  const reason = await db.transaction([tenant], handle => redactFor(handle, piiRoot, tenant, order.reason))
  const deps = { db, audit: auditOf() }
  const by = { actor: 'cli', reason, requestId: undefined, role: null }
  // Awaited here: the database is closed when this function is left.
  return await changeModes(deps, tenant, pods, { pod, action, mode, gate }, by, now())
}
