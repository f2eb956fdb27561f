import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DbAddress, Login } from './db.ts'
import { EmbeddedError } from './embedded/embedded-error.ts'
import { addressFile } from './embedded/layout.ts'
import { startEmbedded } from './embedded/start.ts'
import { refuseEmptyDatabase, refuseEmptyFolder } from './no-installation.ts'
import { prepareTables } from './prepare-tables.ts'

/** How the embedded database of a service is reached: the socket's folder admits only this user. */
export async function noteAddress(dataDir: string, address: DbAddress): Promise<void> {
  await writeFile(addressFile(dataDir), JSON.stringify(address), { mode: 0o600 })
}

/** Where the embedded database was reached when it was last started; null: nobody wrote it down. */
export async function notedAddress(dataDir: string): Promise<DbAddress | null> {
  const text = await readFile(addressFile(dataDir), 'utf8').catch(() => null)
  return text === null ? null : (JSON.parse(text) as DbAddress)
}

/** Your database, or a folder with one of its own. */
export interface Installation {
  readonly databaseUrl: string | null
  readonly migrateUrl: string | null
  readonly dataDir: string
}

export interface Joined extends AsyncDisposable {
  readonly address: DbAddress
  readonly role: string | null
  readonly owner: Login | null
}

/**
 * For commands beside a service: your database, else the embedded one, started here or joined where it runs.
 * @param mayMake the command prepares an installation, so that there may be none yet
 * @throws NoInstallation
 */
export async function openEmbeddedOrJoin(installation: Installation, mayMake = false): Promise<Joined> {
  const { databaseUrl, migrateUrl, dataDir } = installation
  const settled = (address: DbAddress, close: () => Promise<void>) =>
    settle(address, close, mayMake ? null : installation, databaseUrl === null ? null : migrateUrl)
  if (databaseUrl !== null) return settled({ url: databaseUrl }, async () => {})
  if (!mayMake) await refuseEmptyFolder(installation)
  try {
    const embedded = await startEmbedded({ dataDir: join(dataDir, 'postgres') })
    const joined = await settled(embedded.connection, () => embedded.stop())
    if (mayMake) await noteAddress(dataDir, embedded.connection)
    return joined
  } catch (error) {
    if (!(error instanceof EmbeddedError && error.code === 'in_use')) throw error
    const address = await notedAddress(dataDir)
    if (address === null) throw error
    return settled(address, async () => {})
  }
}

/** @param there an installation that must have its tables already; null: they may be made */
async function settle(
  address: DbAddress,
  close: () => Promise<void>,
  there: Installation | null,
  migrateUrl: string | null,
): Promise<Joined> {
  try {
    if (there !== null) await refuseEmptyDatabase(address, there)
    const { role, owner } = await prepareTables(address, migrateUrl)
    return { address, role, owner, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}
