import { openBeside } from '../app/open-beside.ts'
import { redactFor } from '../app/tenant-privacy.ts'
import type { Config } from '../config/config.ts'
import { accept } from '../manage/autonomy/accept.ts'

/** A first certificate is accepted from the command line, through the database: a service that runs follows in under a second. */
export async function acceptDirectly(config: Config, order: { tenant: string; id: string; reason: string }) {
  await using beside = await openBeside(config)
  const { tenant, id } = order
  const { piiRoot } = await beside.secrets()
  const reason = await beside.db.transaction([tenant], handle => redactFor(handle, piiRoot, tenant, order.reason))
  // Awaited here: the database is closed when this function is left.
  return await accept(beside, tenant, id, { actor: 'cli', reason, requestId: undefined }, beside.now())
}
