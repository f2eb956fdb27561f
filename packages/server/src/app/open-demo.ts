import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { bankAttributes } from '@surety/pod-customer-ops/demo'
import { pino } from 'pino'
import { type App, openApp } from '../app.ts'
import { buildConfig } from '../config/config.ts'
import type { Env } from '../config/env.ts'
import { loadSecrets } from '../config/secrets.ts'
import { readSigningKey } from '../model/signature.ts'
import { auditOf } from '../store/audit.ts'
import { thisMachine } from '../store/embedded/machine.ts'
import { existingPlace } from '../store/embedded/place.ts'
import { holdsDecisions } from '../store/replay-checkpoint.ts'
import { type HistoryWorld, openHistoryWorld } from './history-world.ts'

export interface OpenDemo extends AsyncDisposable {
  readonly app: App
  readonly world: HistoryWorld
  readonly tenant: string
  /** From now on the demo's clock runs at the pace of ours, from where the replay left it. */
  letClockRun(): void
}

const folder = '.demo'
const tenant = 'demo'
const pod = 'customer-ops'
const seed = 1

/** A Surety of its own in a folder of its own: each demo begins with empty tables, and with a clock that stands still. */
export async function openDemo(env: Env, start: Date): Promise<OpenDemo> {
  const { DATABASE_URL: _, ...others } = env
  const dataDir = resolve(folder)
  const config = buildConfig({ ...others, DATA_DIR: dataDir, TENANT: tenant })
  let clock = start
  let ranFrom: number | null = null
  const now = () => (ranFrom === null ? clock : new Date(clock.getTime() + performance.now() - ranFrom))
  const open = () => openApp(config, { now, tuning: 'replay', jobs: false, logger: pino({ level: 'silent' }) })
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
  await app.settings.put(
    actor,
    { name: 'attributes' },
    { attributes: bankAttributes.map(({ name, kind }) => ({ name, kind })) },
    true,
    'demo',
  )
  const secrets = await loadSecrets(config.secrets, dataDir)
  const world = stack.use(
    await openHistoryWorld({
      db: app.db,
      secrets,
      models: app.models,
      pod,
      tenant,
      seed,
      minAuc: config.minAuc,
      enrichment: config.enrichment,
      monotonicMs: () => performance.now(),
      now,
      signingKey: readSigningKey(secrets.modelSigningKey),
      audit: auditOf(),
      setClock(at) {
        clock = at
      },
      resumable: false,
      observe: (items, eventResults) => void app.models.listens['batch.committed']?.({ items, eventResults }),
    }),
  )
  const opened = stack.move()
  return {
    app,
    world,
    tenant,
    letClockRun() {
      ranFrom = performance.now()
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
