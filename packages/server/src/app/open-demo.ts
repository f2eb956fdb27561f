import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { JsonObject, RawEvent } from '@surety/contract'
import { pino } from 'pino'
import { type App, openApp } from '../app.ts'
import { buildConfig } from '../config/config.ts'
import type { Env } from '../config/env.ts'
import type { Demo } from '../replay/demo-source.ts'
import type { World } from '../replay/world.ts'
import { thisMachine } from '../store/embedded/machine.ts'
import { existingPlace } from '../store/embedded/place.ts'
import { holdsDecisions } from '../store/replay-checkpoint.ts'
import { openHistory } from './history.ts'
import { openHistoryWorld } from './history-world.ts'

export interface OpenDemo extends AsyncDisposable {
  readonly app: App
  readonly world: World
  readonly tenant: string
  /** From now on it is a live service, whose clock runs at the pace of ours from where the history left it. */
  goLive(): Promise<void>
  /** What comes in as soon as it serves. */
  arrive(events: readonly RawEvent[]): Promise<Arrived>
}

/** What became of what came in. */
export interface Arrived {
  /** Settled without a person. */
  readonly settled: number
  /** Asked of a person. */
  readonly asked: number
  /** Drawn for a blind audit: they wait in the inbox like what is asked, settled or not. */
  readonly audits: number
}

const folder = '.demo'
const tenant = 'demo'
const pod = 'customer-ops'
const seed = 1

/** A Surety of its own in a folder of its own: each demo begins with empty tables, and with a clock that stands still. */
export async function openDemo(
  env: Env,
  { file, settings, silenceDays }: Pick<Demo, 'file' | 'settings' | 'silenceDays'>,
  start: Date,
): Promise<OpenDemo> {
  const { DATABASE_URL: _, MIGRATE_URL: __, ...others } = env
  const dataDir = resolve(folder)
  const config = buildConfig({
    ...others,
    DATA_DIR: dataDir,
    TENANT: tenant,
    NIGHTLY_RETRAIN: 'true',
    RECORD_TTL_DAYS: '0',
    ...(silenceDays !== null && { OUTCOME_WINDOW_DAYS: String(silenceDays) }),
  })
  const history = openHistory({ start, receipts: true, monotonicMs: () => performance.now() })
  const open = () => openApp(config, { history, tuning: 'replay', logger: pino({ level: 'silent' }) })
  await using stack = new AsyncDisposableStack()
  let app = await open()
  // Only who holds the database knows that nobody else uses it.
  if (await app.db.transaction([tenant], holdsDecisions)) {
    await app[Symbol.asyncDispose]()
    await clearFolder(dataDir)
    app = await open()
  }
  stack.use(app)
  const actor = { kind: 'key', tenant, keyId: 'demo', role: 'admin', name: 'demo', limits: {} } as const
  const attributes = file.attributes.map(({ name, kind }) => ({ name, kind }))
  for (const [name, value] of Object.entries({ attributes: { attributes }, ...settings })) {
    const change = { given: value as JsonObject, rest: 'kept', apply: true, requestId: 'demo' } as const
    await app.settings.save(actor, { name }, change)
  }
  const world = await openHistoryWorld({ app, history, pod, tenant, seed, resumable: false })
  const opened = stack.move()
  return {
    app,
    world,
    tenant,
    async goLive() {
      history.end()
      await app.goLive()
    },
    async arrive(events) {
      const results = await app.intake.submitMany(events)
      const decided = results.flatMap(result => (result.status === 'recorded' ? result.decisions : []))
      return {
        settled: decided.filter(({ automatic }) => automatic).length,
        asked: decided.filter(({ automatic }) => !automatic).length,
        audits: decided.filter(({ audited }) => audited).length,
      }
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

async function clearFolder(dataDir: string): Promise<void> {
  const postgres = join(dataDir, 'postgres')
  const data = await existingPlace(thisMachine(), postgres)
  if (data !== undefined) await rm(data, { recursive: true, force: true })
  await rm(dataDir, { recursive: true, force: true })
}
