import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pod } from '@surety/contract'
import { pino } from 'pino'
import { openHistory } from '../app/history.ts'
import { openHistoryWorld } from '../app/history-world.ts'
import { type App, openApp } from '../app.ts'
import { buildConfig } from '../config/config.ts'
import type { Env } from '../config/env.ts'
import { makeSigningKey, readSigningKey } from '../model/signature.ts'
import { installed } from '../pods.ts'
import { atTheStart } from '../replay/checkpoint.ts'
import { replayHistory } from '../replay/replay-history.ts'
import type { HistoryItem, World } from '../replay/world.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { urlOf } from './start-world.ts'

const { text: signingText } = makeSigningKey()
/** Signs the models of a history that is pushed here. */
export const historyKey = readSigningKey(signingText)
/** When each of them begins, epoch milliseconds. */
export const startOfHistory = Date.parse('2027-03-01T09:00:00Z')

export interface Pushing {
  readonly pod: string
  readonly pods?: readonly Pod[]
  readonly items: readonly HistoryItem[]
  readonly batchSize: number
  readonly env?: Env
  /** How the history meets it; left out: as it is. */
  readonly met?: (world: World) => World
  prepare(app: App): Promise<void>
}

/** Pushes a history through a Surety of its own, and hands out what it left there. */
export async function push<T>(
  { pod, pods = installed.pods, items, batchSize, env = {}, met = world => world, prepare }: Pushing,
  found: (app: App, goLive: () => Promise<void>) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openTestDatabase())
  const dataDir = await mkdtemp(join(tmpdir(), 'surety-pushed-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const monotonicMs = () => performance.now()
  const history = openHistory({ start: new Date(startOfHistory), receipts: false, monotonicMs })
  const config = buildConfig({
    DATABASE_URL: urlOf(database.address),
    DATA_DIR: dataDir,
    TENANT: 'acme',
    ...env,
    MODEL_SIGNING_KEY: signingText,
    // Draws are those of this key, the same in each run.
    PII_KEY: Buffer.alloc(32, 7).toString('base64'),
  })
  const app = stack.use(await openApp(config, { history, pods, logger: pino({ level: 'silent' }) }))
  await prepare(app)
  const world = await openHistoryWorld({ app, history, pod, tenant: 'acme', seed: 1, resumable: false })
  async function* source() {
    yield { items, share: 1 }
  }
  const { finished } = await replayHistory(source(), met(world), {
    from: atTheStart('f'),
    monotonicMs,
    startedMs: monotonicMs(),
    batchSize,
  })
  assert.ok(finished)
  return await found(app, async () => {
    history.end()
    await app.goLive()
  })
}

// biome-ignore lint/suspicious/noExplicitAny: rows of many tables
export const rowsOf = async (app: App, text: string): Promise<any[]> =>
  (await app.db.read(['acme'], db => db.query(text))).rows
