import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { clientConfig, type Database, type DbAddress, openDatabase } from './db.ts'
import { migrate, migrationsFingerprint } from './migrate.ts'

/**
 * A fresh migrated database on a real server, for one test file: PostgreSQL from SURETY_TEST_DATABASE (JSON address of
 * a superuser, set by `npm test` and `npm run test:services`), else an embedded one of its own.
 */
export interface TestDatabase extends AsyncDisposable {
  readonly db: Database
  readonly address: DbAddress
  readonly role: string
  /** A login beside the owner of the tables, for whole services; null where they log in as the owner. */
  readonly service: DbAddress | null
}

/** JSON of SURETY_TEST_DATABASE. */
interface Given extends DbAddress {
  /** Services log in as somebody else than the owner of the tables. */
  readonly twoLogins?: boolean
}
const serviceLogin = 'surety_test_service'

const templateLock = 7_283_647
const template = `surety_template_${migrationsFingerprint}`

/**
 * @param options.empty nothing was migrated: for data that an older version left
 * @param options.copyOf one that holds more than tables, for tests that each spoil a copy; its idle connections are cut
 */
export async function openTestDatabase(
  options: { poolSize?: number; empty?: boolean; copyOf?: TestDatabase } = {},
): Promise<TestDatabase> {
  await using server = new AsyncDisposableStack()
  const given = process.env['SURETY_TEST_DATABASE']
  const { copyOf } = options
  const { twoLogins = false, ...said } = given === undefined ? {} : (JSON.parse(given) as Given)
  const base = copyOf?.address ?? (given !== undefined ? said : await ownServer(server))
  const name = `surety_test_${randomBytes(6).toString('hex')}`
  const original = copyOf === undefined ? template : databaseOf(copyOf.address)
  if (copyOf === undefined) await templateOn(base, given !== undefined)
  else await cutOff(base, original)
  await administer(
    base,
    `create database ${name}${options.empty ? '' : ` template ${original}`}`,
    // Rights on a database are not copied with it.
    `grant create on database ${name} to surety_app`,
    // A server that is not ours syncs each commit to its disk.
    ...(base.url === undefined ? [] : [`alter database ${name} set synchronous_commit = off`]),
  )
  const address = onDatabase(base, name)
  const role = 'surety_app'
  const service = twoLogins ? asLogin(address, serviceLogin) : null
  if (twoLogins) await administer(base, madeOnce(serviceLogin))
  const db = openDatabase(address, role, options.poolSize ?? 2)
  server.defer(() => administer(base, `drop database if exists ${name} with (force)`))
  server.use(db)
  const open = server.move()
  return { db, address, role, service, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

const databaseOf = (address: DbAddress): string =>
  address.url === undefined ? address.database! : new URL(address.url).pathname.slice(1)

/** The same server, another database. */
export function onDatabase(address: DbAddress, database: string): DbAddress {
  if (address.url === undefined) return { ...address, database }
  const url = new URL(address.url)
  url.pathname = `/${database}`
  return { url: url.href }
}

/** The same database, as somebody else. */
export function asLogin(address: DbAddress, user: string): DbAddress {
  if (address.url === undefined) return { ...address, user }
  const url = new URL(address.url)
  url.username = user
  return { url: url.href }
}

/** As the database, by another way to its server. */
export const through = (database: TestDatabase, address: DbAddress): TestDatabase => ({
  ...database,
  address,
  service: database.service && asLogin(address, serviceLogin),
})

/** Files that run side by side make it at once. */
const madeOnce = (login: string): string =>
  `do $$ begin create role ${login} login; exception when duplicate_object or unique_violation then null; end $$`

async function ownServer(stack: AsyncDisposableStack): Promise<DbAddress> {
  const { startEmbedded } = await import('./embedded/start.ts')
  const dataDir = await mkdtemp(join(tmpdir(), 'surety-test-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const embedded = stack.use(await startEmbedded({ dataDir }))
  return embedded.admin
}

let prepared: Promise<void> | undefined

/** The server that all tests of a run share is asked once a process; one of a test's own, each time. */
function templateOn(base: DbAddress, shared: boolean): Promise<void> {
  if (!shared) return prepareTemplate(base)
  prepared ??= prepareTemplate(base)
  return prepared
}

/** Makes the migrated template once per server; test files that run side by side wait for each other. */
export async function prepareTemplate(base: DbAddress): Promise<void> {
  const client = new pg.Client(clientConfig(onDatabase(base, 'postgres'), null))
  await client.connect()
  try {
    const finished = async (): Promise<boolean | undefined> => {
      const { rows } = await client.query<{ finished: boolean }>(
        `select coalesce(shobj_description(oid, 'pg_database'), '') = 'migrated' as finished from pg_database where datname = $1`,
        [template],
      )
      return rows[0]?.finished
    }
    if (await finished()) return
    await client.query(`select pg_advisory_lock(${templateLock})`)
    const found = await finished()
    if (found) return
    if (found === undefined) await client.query(`create database ${template}`)
    await migrate(onDatabase(base, template))
    await client.query(`comment on database ${template} is 'migrated'`)
  } finally {
    await client.end()
  }
}

/** PostgreSQL copies no database that somebody is connected to; a pool connects anew. */
const cutOff = (base: DbAddress, database: string): Promise<void> =>
  administer(
    base,
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = '${database}' and backend_type = 'client backend'`,
  )

async function administer(base: DbAddress, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client(clientConfig(onDatabase(base, 'postgres'), null))
  await client.connect()
  try {
    // A template may not be copied while somebody is connected to it, as who makes it is; several may copy it at once.
    await client.query(`select pg_advisory_lock_shared(${templateLock})`)
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}
