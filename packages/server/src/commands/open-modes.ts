import type { Gate, Mode } from '@surety/contract'
import { openBeside } from '../app/open-beside.ts'
import { redactFor } from '../app/tenant-privacy.ts'
import type { Config } from '../config/config.ts'
import { Problem } from '../errors.ts'
import { changeModes, type ModeNow } from '../manage/autonomy/modes.ts'

export interface ModeOrder {
  readonly tenant: string
  readonly pod: string | null
  readonly question: string | null
  readonly action: string
  readonly mode: Mode
  readonly gate: Gate | undefined
  readonly reason: string
}

/** A mode from the command line, through the database: a service that runs follows in under a second. */
export async function setModeDirectly(config: Config, order: ModeOrder): Promise<readonly ModeNow[]> {
  await using beside = await openBeside(config)
  const { db, now, pods } = beside
  const { piiRoot } = await beside.secrets()
  // A stop for a mistyped name would stop nothing and say that it did.
  const known = await beside.tenants()
  if (!known.includes(order.tenant)) {
    const errors = [
      { path: 'tenant', code: 'unknown', message: `there is no such tenant; there are ${known.join(', ')}` },
    ]
    throw new Problem('validation_failed', undefined, { errors })
  }
  const { tenant, pod, question, action, mode, gate } = order
  const reason = await db.transaction([tenant], handle => redactFor(handle, piiRoot, tenant, order.reason))
  const by = { actor: 'cli', reason, requestId: undefined, role: null }
  // Awaited here: the database is closed when this function is left.
  return await changeModes(beside, tenant, pods, { pod, question, action, mode, gate }, by, now())
}
