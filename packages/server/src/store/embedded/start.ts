import { type Connection, ensureAccounts } from './accounts.ts'
import { locateBinaries } from './binaries.ts'
import { ensureDataFolder, SUPERUSER } from './data-folder.ts'
import { EmbeddedError, reasonOf } from './embedded-error.ts'
import { type Layout, layout, PORT } from './layout.ts'
import { takeLock } from './lock.ts'
import { type Machine, thisMachine } from './machine.ts'
import { settleOrphans } from './orphans.ts'
import { choosePlace, type Place } from './place.ts'
import { asPostmasterOptions } from './postmaster-file.ts'
import { signal } from './process-state.ts'
import { startServer, stopPostmaster } from './server.ts'
import { serverArguments, type Tuning } from './settings.ts'
import { closeSocketFolder, openSocketFolder } from './sockets.ts'

export interface EmbeddedOptions {
  readonly dataDir: string
  /** `replay` gives up durability against a crash of the machine: only for data that can be made again. */
  readonly tuning?: Tuning
  readonly log?: (line: string) => void
}

export interface Embedded extends AsyncDisposable {
  readonly connection: Connection<'surety', 'surety'>
  /** The superuser, for what migrations of roles need; nothing else connects as it. */
  readonly admin: Connection<typeof SUPERUSER, 'surety'>
  readonly url: string
  readonly version: string
  /** Where the data really are; not always the folder asked for. */
  readonly dataDir: string
  /** A server left by a killed Surety was taken over instead of started. */
  readonly adopted: boolean
  /** Sentences worth printing at start. */
  readonly notes: readonly string[]
  stop(): Promise<void>
}

/** Starts the PostgreSQL that comes with Surety, or takes over the one a killed Surety left. Throws EmbeddedError. */
export const startEmbedded = (options: EmbeddedOptions): Promise<Embedded> => startOn(thisMachine(), options)

export async function startOn(machine: Machine, options: EmbeddedOptions): Promise<Embedded> {
  const place = await choosePlace(machine, options.dataDir)
  const to = layout(place.folder)
  const release = await takeLock(to.lock, place.asked)
  try {
    return await startLocked(machine, options, place, to, release)
  } catch (error) {
    release()
    if (error instanceof EmbeddedError) throw error
    throw new EmbeddedError(
      'start_failed',
      `The embedded PostgreSQL did not start (${reasonOf(error)}): surety doctor looks for the cause, and DATABASE_URL takes a server of yours instead.`,
      error,
    )
  }
}

async function startLocked(
  machine: Machine,
  options: EmbeddedOptions,
  place: Place,
  to: Layout,
  release: () => void,
): Promise<Embedded> {
  const tuning = options.tuning ?? 'durable'
  const binaries = await locateBinaries(machine, place.user)
  const made = await ensureDataFolder(to, binaries, place.user, tuning)
  const argumentsFor = (sockets: string) => serverArguments(tuning, to.pgdata, sockets, PORT)
  const orphan = await settleOrphans(to, sockets => asPostmasterOptions(binaries.postgres, argumentsFor(sockets)))
  const sockets = orphan?.sockets ?? (await openSocketFolder(to, machine, place.user))
  const server = orphan ?? (await startServer(to, binaries.postgres, argumentsFor(sockets), place.user))
  await ensureAccounts(sockets, PORT)

  const notes = notesOn(place, binaries.copiedTo)
  for (const note of notes) options.log?.(note)
  const state = orphan ? 'was still running and was taken over' : made ? 'started on a new data folder' : 'started'
  options.log?.(`Embedded PostgreSQL ${binaries.version} ${state} (process ${server.pid}, data in ${place.folder}).`)

  // A Surety that exits without stop() still asks its server to stop; only kill -9 leaves an orphan.
  const atExit = () => {
    signal(server.pid, 'SIGINT')
    release()
  }
  process.once('exit', atExit)
  let stopping: Promise<void> | undefined
  const stopOnce = async () => {
    await stopPostmaster(server.pid)
    await closeSocketFolder(to, sockets)
    process.off('exit', atExit)
    release()
  }
  const stop = () => (stopping ??= stopOnce())
  return {
    connection: { host: sockets, port: PORT, user: 'surety', database: 'surety' },
    admin: { host: sockets, port: PORT, user: SUPERUSER, database: 'surety' },
    url: `postgresql://surety@localhost:${PORT}/surety?host=${encodeURIComponent(sockets)}`,
    version: binaries.version,
    dataDir: place.folder,
    adopted: orphan !== undefined,
    notes,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function notesOn(place: Place, copiedTo: string | undefined): readonly string[] {
  const { user, folder, asked } = place
  return [
    ...(user.switched ? [`PostgreSQL does not run as root, so it runs as user ${user.name}.`] : []),
    ...(folder === asked ? [] : [`The data are in ${folder}, because user ${user.name} cannot use ${asked}.`]),
    ...(copiedTo === undefined
      ? []
      : [
          `PostgreSQL's programs were copied to ${copiedTo}, because user ${user.name} cannot run those of the package.`,
        ]),
  ]
}
