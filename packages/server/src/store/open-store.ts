import { join } from 'node:path'
import { type Database, type DbAddress, openDatabase } from './db.ts'
import type { Tuning } from './embedded/settings.ts'
import { startEmbedded } from './embedded/start.ts'
import { allowIndexedSearch } from './migrate.ts'
import { noteAddress } from './open-or-join.ts'
import { prepareTables } from './prepare-tables.ts'

export interface OpenStore extends AsyncDisposable {
  readonly db: Database
  /** Sentences worth printing: which database, where its data are, what was migrated. */
  readonly notes: readonly string[]
  /** Resolves when the embedded database has ended for good. One of yours never does. */
  readonly lost: Promise<Error>
}

export interface StoreOptions {
  readonly databaseUrl: string | null
  /** The owner of its tables, where that is another login. */
  readonly migrateUrl?: string | null
  readonly dataDir: string
  readonly tuning?: Tuning
  readonly poolSize?: number
  /** Called at once and every ten seconds while another process brings the tables up to date. */
  readonly onWait?: () => void
  /** The embedded database had ended: null when it runs again, else why it could not be started. */
  readonly onDeath?: (failed: Error | null) => void
}

/** The database named by DATABASE_URL, else the embedded one in the data folder, brought to the newest tables. */
export async function openStore(options: StoreOptions): Promise<OpenStore> {
  await using opened = new AsyncDisposableStack()
  const notes: string[] = []
  let address: DbAddress
  let lost: Promise<Error> = new Promise(() => {})
  if (options.databaseUrl !== null) {
    address = { url: options.databaseUrl }
    notes.push(`database: ${withoutPassword(options.databaseUrl)}`)
  } else {
    const embedded = opened.use(
      await startEmbedded({
        dataDir: join(options.dataDir, 'postgres'),
        tuning: options.tuning ?? 'durable',
        onDeath: options.onDeath ?? (() => {}),
      }),
    )
    lost = embedded.lost
    address = embedded.connection
    await allowIndexedSearch(embedded.admin)
    await noteAddress(options.dataDir, address)
    notes.push(...embedded.notes, `database: embedded PostgreSQL ${embedded.version} in ${embedded.dataDir}`)
  }
  const { role, owner, applied } = await prepareTables(address, options.migrateUrl ?? null, options.onWait)
  if (owner !== null) notes.push(`tables: owned by ${withoutPassword(owner.address.url!)}`)
  if (applied.length > 0) notes.push(`tables brought up to date: ${applied.join(', ')}`)
  const db = opened.use(openDatabase(address, role, options.poolSize ?? 6, owner))
  const open = opened.move()
  return { db, notes, lost, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return 'as DATABASE_URL says'
  const url = new URL(text)
  return `postgres://${url.username}${url.username ? '@' : ''}${url.host}${url.pathname}`
}
