import { acceptInstallationKey, type KeyOrder } from '../app/installation-keys.ts'
import { type Beside, openBeside } from '../app/open-beside.ts'
import { redactFor } from '../app/tenant-privacy.ts'
import type { Config } from '../config/config.ts'
import { accept } from '../manage/autonomy/accept.ts'
import { acceptImport } from '../manage/autonomy/accept-import.ts'
import type { Asker } from '../manage/autonomy/deps.ts'

/** A first certificate is accepted from the command line, through the database: a service that runs follows in under a second. */
export async function acceptDirectly(config: Config, order: { tenant: string; id: string; reason: string }) {
  await using beside = await openBeside(config)
  // Awaited here: the database is closed when this function is left.
  return await accept(beside, order.tenant, order.id, await asker(beside, order), beside.now())
}

export interface ImportOrder {
  readonly tenant: string
  /** null: what was imported by no key that is known. */
  readonly key: string | null
  readonly reason: string
}

/** An import is accepted from the command line, through the database: the next training finds it. */
export async function acceptImportDirectly(config: Config, order: ImportOrder) {
  await using beside = await openBeside(config)
  return await acceptImport(beside, order.tenant, order.key, await asker(beside, order), beside.now())
}

/** The key that this process is configured with is that of the installation from now on. */
export async function acceptKeyDirectly(config: Config, order: KeyOrder) {
  await using beside = await openBeside(config)
  return await acceptInstallationKey(beside, await beside.secrets(), order)
}

async function asker(beside: Beside, { tenant, reason }: { tenant: string; reason: string }): Promise<Asker> {
  const { piiRoot } = await beside.secrets()
  const redacted = await beside.db.transaction([tenant], handle => redactFor(handle, piiRoot, tenant, reason))
  return { actor: 'cli', reason: redacted, requestId: undefined }
}
