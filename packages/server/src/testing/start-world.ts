import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Grant, Pod, Role } from '@surety/contract'
import { pino } from 'pino'
import { type App, openApp } from '../app.ts'
import { buildConfig } from '../config/config.ts'
import type { Env } from '../config/env.ts'
import { createKey } from '../manage/keys/keys.ts'
import { auditOf } from '../store/audit.ts'
import type { DbAddress } from '../store/db.ts'
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts'
import type { RateLimits } from '../transport/http/http-config.ts'
import { checkAnswer } from './check-answer.ts'

/** A whole Surety on a fresh real database with its HTTP door open, as its users meet it. */
export interface World extends AsyncDisposable {
  readonly app: App
  readonly url: string
  readonly database: TestDatabase
  readonly dataDir: string
  /** A key of that role with raised limits; operators and admins hold the grant `pii` unless other grants are named. */
  key(role: Role, tenant?: string, limits?: { [group: string]: number }, grants?: readonly Grant[]): Promise<string>
  call(path: string, options?: Call): Promise<Answer>
}

export interface Call {
  readonly key?: string | null
  readonly method?: string
  readonly body?: unknown
  readonly raw?: string
  readonly headers?: { readonly [name: string]: string }
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly body: any
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly data: any
}

export const raised = { leads: 1e9, reads: 1e9, v1: 1e9, ops: 1e9, events: 1e9 }

const grantsOf = (role: Role): readonly Grant[] => (role === 'operator' || role === 'admin' ? ['pii'] : [])

/** Whoever starts again on a database has its keys, as replicas have, and so do processes beside it: they lie in the data folder. */
const keys = new WeakMap<TestDatabase, string>()
async function writeKeys(database: TestDatabase, dataDir: string): Promise<void> {
  const key = (): string => randomBytes(32).toString('base64')
  const known = keys.get(database) ?? JSON.stringify({ data_key: key(), pii_key: key(), model_signing_key: key() })
  keys.set(database, known)
  await writeFile(join(dataDir, 'keys.json'), known, { mode: 0o600 })
}

/** @param options.database one that is there already, and is closed by whoever opened it */
export async function startWorld(
  options: {
    env?: Env
    now?: () => Date
    jobs?: boolean
    limits?: RateLimits
    database?: TestDatabase
    pods?: readonly Pod[]
    /** Told of every line that it writes to its log, down to `trace`. */
    onLine?: (line: string) => void
  } = {},
): Promise<World> {
  await using stack = new AsyncDisposableStack()
  const database = options.database ?? stack.use(await openTestDatabase())
  const dataDir = await mkdtemp(join(tmpdir(), 'surety-world-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  await writeKeys(database, dataDir)
  const config = buildConfig({
    ...loginsOf(database),
    DATA_DIR: dataDir,
    PORT: '0',
    TENANT: 'acme',
    ...options.env,
  })
  const refused: string[] = []
  stack.defer(() => assert.deepEqual(refused, [], 'PostgreSQL refused what the service does'))
  const app = stack.use(
    await openApp(config, {
      logger: pino(
        { level: options.onLine === undefined ? 'error' : 'trace' },
        {
          write(line) {
            options.onLine?.(line)
            if (noRight.test(line)) refused.push(line)
          },
        },
      ),
      jobs: options.jobs ?? false,
      checkAnswer,
      ...(options.now ? { now: options.now } : {}),
      ...(options.limits ? { limits: options.limits } : {}),
      ...(options.pods ? { pods: options.pods } : {}),
    }),
  )
  const url = await app.listen()
  const made = new Map<string, string>()
  const deps = { db: app.db, now: app.now, audit: auditOf() }
  const key: World['key'] = async (role, tenant = 'acme', limits = raised, grants = grantsOf(role)) => {
    const name = `${role}/${tenant}/${JSON.stringify(limits)}/${grants.join()}`
    let found = made.get(name)
    if (found === undefined) {
      found = (await createKey(deps, 'test', { tenant, role, name: 'test', limits, grants })).key
      made.set(name, found)
    }
    return found
  }
  const world = stack.move()
  return {
    app,
    url,
    database,
    dataDir,
    key,
    async call(path, { key: given, method, body, raw, headers = {} } = {}) {
      const presented = given === undefined ? await key('operator') : given
      const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body))
      const response = await fetch(url + path, {
        method: method ?? (sent === undefined ? 'GET' : 'POST'),
        headers: {
          ...(presented === null ? {} : { 'x-api-key': presented }),
          ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(sent === undefined ? {} : { body: sent }),
      })
      const text = await response.text()
      const isJson = (response.headers.get('content-type') ?? '').includes('json')
      const parsed = isJson ? JSON.parse(text) : null
      return { status: response.status, headers: response.headers, text, body: parsed, data: parsed?.data }
    },
    [Symbol.asyncDispose]: () => world.disposeAsync(),
  }
}

/** A line of the log that tells of a right which a login lacks: what fails in the background fails no request. */
const noRight = /"code":"42501"/

/** As whom a service on that database logs in. */
const loginsOf = ({ address, service }: TestDatabase): Env =>
  service === null ? { DATABASE_URL: urlOf(address) } : { DATABASE_URL: urlOf(service), MIGRATE_URL: urlOf(address) }

/** The address as DATABASE_URL: a socket's folder goes into the query. */
export function urlOf(address: DbAddress): string {
  if (address.url !== undefined) return address.url
  const { user = '', database = '', host = '', port = 5432 } = address
  return `postgres://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}`
}
