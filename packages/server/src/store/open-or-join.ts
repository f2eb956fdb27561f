import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DbAddress, Login } from './db.ts'
import { EmbeddedError } from './embedded/embedded-error.ts'
import { startEmbedded } from './embedded/start.ts'
import { prepareTables } from './prepare-tables.ts'

/** Where a running service says how its embedded database is reached: the socket's folder admits only this user. */
const addressFile = (dataDir: string): string => join(dataDir, 'database.json')

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

/** For commands beside a service: your database, else the embedded one, started here or joined where it runs. */
export async function openEmbeddedOrJoin({ databaseUrl, migrateUrl, dataDir }: Installation): Promise<Joined> {
  if (databaseUrl !== null) return settled({ url: databaseUrl }, async () => {}, migrateUrl)
  try {
    const embedded = await startEmbedded({ dataDir: join(dataDir, 'postgres') })
    return await settled(embedded.connection, () => embedded.stop())
  } catch (error) {
    if (!(error instanceof EmbeddedError && error.code === 'in_use')) throw error
    const address = await notedAddress(dataDir)
    if (address === null) throw error
    return settled(address, async () => {})
  }
}

async function settled(
  address: DbAddress,
  close: () => Promise<void>,
  migrateUrl: string | null = null,
): Promise<Joined> {
  const { role, owner } = await prepareTables(address, migrateUrl)
  return { address, role, owner, [Symbol.asyncDispose]: close }
}
