import { createHash, randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mainQuestion } from '@surety/contract'
import { pino } from 'pino'
import { openApp } from '../app.ts'
import { buildConfig, type Config } from '../config/config.ts'
import type { Checkpoint } from '../replay/checkpoint.ts'
import { ReplayError } from '../replay/replay-error.ts'
import type { World } from '../replay/world.ts'
import type { Database } from '../store/db.ts'
import { thisMachine } from '../store/embedded/machine.ts'
import { existingPlace } from '../store/embedded/place.ts'
import { holdsDecisions, readReplayCheckpoint } from '../store/replay-checkpoint.ts'
import { saveSettings } from '../store/replay-settings.ts'
import { createDatabase, dropDatabase, NotAllowed } from '../store/server.ts'
import { openHistory } from './history.ts'
import { openHistoryWorld } from './history-world.ts'

export interface ReplayPlace {
  /** A server of yours, where a database of its own is made; null: the embedded one, in the folder. */
  readonly databaseUrl: string | null
  /** DIR/.replay */
  readonly folder: string
  /** Of file and options; hexadecimal. */
  readonly fingerprint: string
}

export interface ReplayRun {
  readonly pod: string
  readonly tenant: string
  readonly seed: number
  readonly minAuc: number
  readonly settings: { readonly [name: string]: unknown }
  readonly monotonicMs: () => number
}

export interface OpenReplay extends AsyncDisposable {
  readonly world: World
  readonly db: Database
  /** What an interrupted replay of the same file and options left. */
  readonly checkpoint: Checkpoint | null
  /** Sentences worth printing. */
  readonly notes: readonly string[]
}

/** A database of its own for one replay: kept while it can be resumed, see `removeReplay`. */
export async function openReplay(place: ReplayPlace, run: ReplayRun): Promise<OpenReplay> {
  const found = await openOnce(place, run)
  if (found !== null) return found
  await removeReplay(place)
  const fresh = await openOnce(
    place,
    run,
    'The folder holds an interrupted replay of another file or with other options, or one that was cut in the middle of a night: starting anew.',
  )
  if (fresh === null) throw new Error('a new replay database is not empty')
  return fresh
}

/** null: what lies there belongs to another replay, or ended in the middle of a night. */
async function openOnce(place: ReplayPlace, run: ReplayRun, note?: string): Promise<OpenReplay | null> {
  await using stack = new AsyncDisposableStack()
  const history = openHistory({ start: new Date(0), receipts: false, monotonicMs: run.monotonicMs })
  const config = await configOf(place, run)
  const app = stack.use(await openApp(config, { history, tuning: 'replay', logger: pino({ level: 'silent' }) }))
  const { db } = app
  const { text, used } = await db.transaction([run.tenant], async handle => {
    return { text: await readReplayCheckpoint(handle), used: await holdsDecisions(handle) }
  })
  const checkpoint = text === null ? null : (JSON.parse(text) as Checkpoint)
  if (checkpoint === null ? used : checkpoint.fingerprint !== place.fingerprint) return null
  await db.transaction([run.tenant], handle =>
    saveSettings(handle, run.tenant, { pod: run.pod, question: mainQuestion }, run.settings),
  )
  await app.models.cover(run.tenant)
  const world = await openHistoryWorld({ ...run, app, history, resumable: true })
  if (checkpoint !== null && checkpoint.serving !== world.serving()) return null
  const open = stack.move()
  return {
    world,
    db,
    checkpoint,
    notes: [...(note === undefined ? [] : [note]), ...app.notes],
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** That of a service of this one pod and tenant, on a database and with keys of its own. */
async function configOf(place: ReplayPlace, run: ReplayRun): Promise<Config> {
  const keys = await keysOf(place.folder, run.seed)
  return {
    ...buildConfig({
      DATA_DIR: place.folder,
      TENANT: run.tenant,
      PODS: run.pod,
      MODEL_PATH: join(place.folder, 'no-model.json'),
      ...keys,
      ...(place.databaseUrl === null ? {} : { DATABASE_URL: await ownDatabase(place.databaseUrl, place) }),
    }),
    minAuc: run.minAuc,
  }
}

async function ownDatabase(server: string, place: ReplayPlace): Promise<string> {
  const name = databaseName(place)
  await allowed(createDatabase(server, name))
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

/** The name of its database: one for each output folder, so that a change of options finds what it replaces. */
export const databaseName = ({ folder }: Pick<ReplayPlace, 'folder'>): string =>
  `surety_replay_${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`

/** Removes what a replay left, once it is closed: its database and its folder. */
export async function removeReplay(place: ReplayPlace): Promise<void> {
  if (place.databaseUrl !== null) await allowed(dropDatabase(place.databaseUrl, databaseName(place)))
  // As root the data may lie elsewhere: the folder says where.
  const data = await existingPlace(thisMachine(), postgresIn(place))
  if (data !== undefined) await rm(data, { recursive: true, force: true })
  await rm(place.folder, { recursive: true, force: true })
}

/** Where the app lays the embedded database. */
const postgresIn = ({ folder }: ReplayPlace): string => join(folder, 'postgres')

const allowed = (done: Promise<void>): Promise<void> =>
  done.catch(error => {
    if (!(error instanceof NotAllowed)) throw error
    throw new ReplayError(
      'no_right_to_create',
      'A replay needs a database of its own and the user of DATABASE_URL may not create one: grant CREATEDB, or leave DATABASE_URL unset to use the embedded PostgreSQL.',
    )
  })

/**
 * Redaction tokens are part of what is learned from, so their key comes from the seed; the data lie in a database that
 * is removed. The key that signs models is this replay's own and stays with it while it can be resumed.
 */
async function keysOf(folder: string, seed: number) {
  const root = (name: string) => createHash('sha256').update(`surety replay ${name} ${seed}`).digest('base64')
  const path = join(folder, 'signing-key')
  await mkdir(folder, { recursive: true })
  await writeFile(path, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' }).catch(() => {})
  await chmod(path, 0o600)
  return { DATA_KEY: root('data'), PII_KEY: root('pii'), MODEL_SIGNING_KEY: await readFile(path, 'utf8') }
}
