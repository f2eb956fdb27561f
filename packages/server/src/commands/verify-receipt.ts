import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** `surety verify-receipt`: runs the very file that an auditor reads and runs alone. */
export async function verifyReceipt(args: readonly string[]): Promise<number> {
  const file = fileURLToPath(new URL('../../../../bin/verify-receipt.mjs', import.meta.url))
  const { status, error } = spawnSync(process.execPath, [file, ...args], { stdio: 'inherit' })
  if (error !== undefined) throw error
  return status ?? 1
}
