import { type Connection, ensureAccounts } from './accounts.ts'
import { locateBinaries } from './binaries.ts'
import { ensureDataFolder, SUPERUSER } from './data-folder.ts'
import { EmbeddedError, reasonOf } from './embedded-error.ts'
import { keepRunning } from './keep-running.ts'
import { type Layout, layout, PORT } from './layout.ts'
import { takeLock } from './lock.ts'
import { type Machine, thisMachine } from './machine.ts'
import { missingData } from './missing-data.ts'
import { settleOrphans } from './orphans.ts'
import { choosePlace, type Place } from './place.ts'
import { asPostmasterOptions, runsStill } from './postmaster-file.ts'
import { signal } from './process-state.ts'
import { boundLog, startServer, stopPostmaster } from './server.ts'
import { serverArguments, type Tuning } from './settings.ts'
import { openSameFolder, openSocketFolder, removeSocket } from './sockets.ts'
import { dropUnsynced, markUnsynced } from './unsynced.ts'

export interface EmbeddedOptions {
  readonly dataDir: string
  /** `replay` gives up durability against a crash of the machine: only for data that can be made again. */
  readonly tuning?: Tuning
  readonly log?: (line: string) => void
  /** Started again when it ends though nobody stopped it; told of each time: null when it runs again, else why it could not. */
  readonly onDeath?: (failed: Error | null) => void
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
  /** Resolves when the server has ended for good; without `onDeath` it never does. */
  readonly lost: Promise<EmbeddedError>
  stop(): Promise<void>
}

/** Starts the PostgreSQL that comes with Surety, or takes over the one a killed Surety left. Throws EmbeddedError. */
export const startEmbedded = (options: EmbeddedOptions): Promise<Embedded> => startOn(thisMachine(), options)

export async function startOn(machine: Machine, options: EmbeddedOptions): Promise<Embedded> {
  // Data that can be made again are thrown away and made again.
  const missing = options.tuning === 'replay' ? null : await missingData(machine, options.dataDir)
  if (missing !== null) throw new EmbeddedError('data_missing', missing)
  const place = await choosePlace(machine, options.dataDir)
  const to = layout(place.folder)
  const release = await takeLock(to.lock, place.asked)
  try {
    const running = await bringUp(machine, options, place, to)
    for (const note of running.notes) options.log?.(note)
    options.log?.(running.headline)
    return await held(place, to, running, release, options.onDeath)
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

interface Running {
  readonly pid: number
  readonly sockets: string
  readonly version: string
  readonly adopted: boolean
  readonly headline: string
  readonly notes: readonly string[]
  /** The same server once more, where the one before has ended; its process. */
  again(): Promise<number>
}

async function bringUp(machine: Machine, options: EmbeddedOptions, place: Place, to: Layout): Promise<Running> {
  const tuning = options.tuning ?? 'durable'
  const { user } = place
  const binaries = await locateBinaries(machine, user)
  const { version, postgres } = binaries
  const dropped = await dropUnsynced(to)
  const made = await ensureDataFolder(to, binaries, user, tuning)
  const argumentsFor = (sockets: string) => serverArguments(tuning, to.pgdata, sockets, PORT)
  const wanted = (sockets: string) => asPostmasterOptions(postgres, argumentsFor(sockets))
  const orphan = await settleOrphans(to, version, wanted)
  if (orphan === undefined) await markUnsynced(to, tuning)
  const sockets = orphan?.sockets ?? (await openSocketFolder(to, machine, user))
  const { pid } = orphan ?? (await startServer(to, postgres, argumentsFor(sockets), user))
  const again = async (): Promise<number> => {
    const found = await settleOrphans(to, version, wanted)
    if (found?.sockets === sockets) return found.pid
    if (found !== undefined) await stopPostmaster(found.pid)
    // Whoever is connected knows this one folder.
    await openSameFolder(sockets, user)
    return (await startServer(to, postgres, argumentsFor(sockets), user)).pid
  }
  await ensureAccounts(sockets, PORT).catch(async error => {
    await stopPostmaster(pid)
    throw error
  })
  const how = orphan ? 'was still running and was taken over' : made ? 'started on a new data folder' : 'started'
  return {
    pid,
    sockets,
    version,
    adopted: orphan !== undefined,
    headline: `Embedded PostgreSQL ${version} ${how} (process ${pid}, data in ${place.folder}).`,
    notes: [...notesOn(place, binaries.copiedTo), ...(dropped ? [DROPPED] : [])],
    again,
  }
}

async function held(
  place: Place,
  to: Layout,
  { pid: first, sockets, version, adopted, notes, again }: Running,
  release: () => void,
  onDeath: EmbeddedOptions['onDeath'],
): Promise<Embedded> {
  const kept =
    onDeath === undefined ? null : await keepRunning({ pid: first, again, onDeath, tidy: () => boundLog(to.log) })
  const pidNow = () => kept?.pid() ?? first
  // A Surety that exits without stop() still asks its server to stop; only kill -9 leaves an orphan.
  const atExit = () => {
    if (runsStill(to.pgdata, pidNow())) signal(pidNow(), 'SIGINT')
    release()
  }
  process.once('exit', atExit)
  let stopping: Promise<void> | undefined
  const stopOnce = async () => {
    await kept?.leave()
    if (runsStill(to.pgdata, pidNow())) await stopPostmaster(pidNow())
    await removeSocket(to, { sockets, port: PORT })
    process.off('exit', atExit)
    release()
  }
  const stop = () => (stopping ??= stopOnce())
  return {
    connection: { host: sockets, port: PORT, user: 'surety', database: 'surety' },
    admin: { host: sockets, port: PORT, user: SUPERUSER, database: 'surety' },
    url: `postgresql://surety@localhost:${PORT}/surety?host=${encodeURIComponent(sockets)}`,
    version,
    dataDir: place.folder,
    adopted,
    notes,
    lost: kept?.lost ?? new Promise(() => {}),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

const DROPPED =
  'The machine went down during a replay, whose data are not synced to disk, so they were thrown away: the replay starts anew.'

function notesOn(place: Place, copiedTo: string | undefined): readonly string[] {
  const { user, note } = place
  return [
    ...(user.switched ? [`PostgreSQL does not run as root, so it runs as user ${user.name}.`] : []),
    ...(note === undefined ? [] : [note]),
    ...(copiedTo === undefined
      ? []
      : [
          `PostgreSQL's programs were copied to ${copiedTo}, because user ${user.name} cannot run those of the package.`,
        ]),
  ]
}
