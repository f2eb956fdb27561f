// What happens to machines, while leads come in: the process and its database are killed, stopped, filled up, locked and set wrong.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readlinkSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import { verifyAudit } from '../../packages/server/src/manage/audit/verify-audit.ts'
import { verifyLedger } from '../../packages/server/src/manage/receipts/verify-ledger.ts'
import { clientConfig, openDatabase } from '../../packages/server/src/store/db.ts'
import { type Embedded, startEmbedded } from '../../packages/server/src/store/embedded/start.ts'
import { migrate } from '../../packages/server/src/store/migrate.ts'
import { ownClient } from '../../packages/server/src/store/own-client.ts'
import { balance } from './balance.ts'
import { type Callers, startCallers } from './callers.ts'
import { nothingTold, type Told, tenant } from './day.ts'
import { install } from './install.ts'
import { Service } from './service.ts'

const kills = process.env['SURETY_TEST_QUICK'] === '1' ? 3 : 10
let folder: string
let server: Embedded
let service: Service
let callers: Callers
let key: string
const told: Told = nothingTold()
let mounted = false

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'surety-troubles-'))
  execFileSync('chmod', ['755', folder])
  mounted = await smallDisk(join(folder, 'postgres'))
  server = await startEmbedded({ dataDir: join(folder, 'postgres') })
  const { role } = await migrate(server.connection)
  await using db = openDatabase(server.connection, role, 3)
  const installation = await install(db, server.connection, join(folder, 'data'))
  key = installation.key
  service = await Service.on(server.url, installation)
  await service.start()
  callers = startCallers(service.url, key, told, 4)
  await callers.acknowledged(20)
})
test.after(async () => {
  await service.end('SIGKILL')
  await server.stop()
  if (mounted) execFileSync('umount', [join(folder, 'postgres')])
  await rm(folder, { recursive: true, force: true })
})

test(`the process is killed ${kills} times amid its work`, async () => {
  for (let n = 0; n < kills; n++) {
    await wait(100 + ((n * 137) % 400))
    await service.end('SIGKILL')
    await service.start()
    await callers.acknowledged(5)
  }
})

test('the database stands still', async () => {
  const pids = postgres()
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  callers.answers()
  await until(() => service.statusOf('/ready').then(status => status === 503))
  await until(async () => (callers.answers().get(503) ?? 0) > 0)
  assert.equal(await service.statusOf('/healthz'), 200)
  for (const pid of pids) process.kill(pid, 'SIGCONT')
  await callers.acknowledged(20)
})

test('the database takes no writes', async () => {
  await asSuperuser('alter system set default_transaction_read_only = on', 'select pg_reload_conf()')
  callers.answers()
  await until(() => service.statusOf('/ready').then(status => status === 503))
  await until(async () => (callers.answers().get(503) ?? 0) > 0)
  await asSuperuser(
    'set default_transaction_read_only = off',
    'alter system reset default_transaction_read_only',
    'select pg_reload_conf()',
  )
  await callers.acknowledged(20)
})

test('the database is stopped and started again', async () => {
  await server.stop()
  await until(() => service.statusOf('/ready').then(status => status === 503))
  server = await startEmbedded({ dataDir: join(folder, 'postgres') })
  await callers.acknowledged(20)
})

test('a thousand sockets say nothing, or half of it', async () => {
  const port = Number(new URL(service.url).port)
  const sockets: Socket[] = []
  for (let n = 0; n < 1_000; n++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    if (n % 2 === 0) socket.write('POST /v1/lead HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{"na')
    sockets.push(socket)
  }
  callers.answers()
  await callers.acknowledged(50)
  assert.deepEqual([...callers.answers().keys()], [200])
  for (const socket of sockets) socket.destroy()
})

test('somebody else holds every connection that the database has', async () => {
  const others: pg.Client[] = []
  const hold = async (): Promise<boolean> => {
    const other = ownClient(clientConfig(server.connection, null))
    other.on('error', () => {})
    try {
      await other.connect()
      others.push(other)
      return true
    } catch {
      return false
    }
  }
  await asSuperuser(
    `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'`,
  )
  callers.answers()
  for (let refused = 0; refused < 20; ) refused = (await hold()) ? 0 : refused + 1
  assert.ok(others.length > 10, `${others.length} connections are held`)
  await Promise.all(others.map(other => other.end()))
  await callers.acknowledged(20)
})

test('the disk of the database is full', async context => {
  if (!mounted) return context.skip('no file system of its own could be mounted here (that takes root)')
  const filler = join(folder, 'postgres', 'filler')
  spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k'])
  callers.answers()
  await until(async () => (callers.answers().get(503) ?? 0) > 0)
  assert.equal(await service.statusOf('/healthz'), 200)
  await rm(filler)
  await callers.acknowledged(20)
})

for (const [name, shiftMs] of [
  ['400 days ahead', 400 * 86_400_000],
  ['an hour behind', -3_600_000],
] as const)
  test(`the clock of the process is ${name}: nothing is deleted, and leads are taken`, async () => {
    const contacts = async () =>
      (await asSuperuser('select count(*)::int as n from surety.events where sealed is not null'))[0]!['n'] as number
    await service.end('SIGKILL')
    await service.start(shiftMs)
    await callers.acknowledged(5)
    const before = await contacts()
    const asked = await fetch(`${service.url}/v1/tasks/retention/run`, {
      method: 'POST',
      headers: { 'x-api-key': key },
    })
    assert.ok(asked.status < 300, `${asked.status} ${await asked.text()}`)
    await until(async () => (await lastRun('retention')) === 'failed')
    assert.ok((await contacts()) >= before)
    assert.match(service.words, /clock/)
    await service.end('SIGTERM')
    await service.start()
    await callers.acknowledged(5)
  })

test('after all of it: what was acknowledged is there, nothing was done twice, the books balance', async context => {
  await callers.end()
  const { role } = await migrate(server.connection)
  await using db = openDatabase(server.connection, role, 3)
  await balance(db, told)
  const ledger = await verifyLedger(db, tenant)
  assert.deepEqual([ledger.ok, ledger.problems], [true, []])
  assert.ok(ledger.records >= told.leads.size)
  const audit = await db.read([tenant], handle => verifyAudit(handle, tenant))
  assert.equal(audit.ok, true)
  context.diagnostic(`${told.leads.size} leads were acknowledged`)
})

async function until(reached: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await reached()); await wait(50))
    assert.ok(Date.now() < deadline, 'a minute has gone by')
}

async function lastRun(name: string): Promise<string | undefined> {
  const answer = await fetch(`${service.url}/v1/tasks`, { headers: { 'x-api-key': key } })
  const { data } = (await answer.json()) as {
    data?: { items: readonly { name: string; last_run: { state: string } | null }[] }
  }
  return data?.items.find(task => task.name === name)?.last_run?.state
}

/** The processes of PostgreSQL are those that work in its folder. */
function postgres(): readonly number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(server.dataDir)
      } catch {
        return false
      }
    })
}

async function asSuperuser(...statements: readonly string[]): Promise<readonly { readonly [name: string]: unknown }[]> {
  const client = ownClient(clientConfig(server.admin, null))
  await client.connect()
  try {
    let rows: readonly { readonly [name: string]: unknown }[] = []
    for (const statement of statements) ({ rows } = await client.query<{ [name: string]: unknown }>(statement))
    return rows
  } finally {
    await client.end()
  }
}

/** A file system that can be filled without hurting anybody. */
async function smallDisk(path: string): Promise<boolean> {
  await mkdir(path, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m,mode=0755', 'tmpfs', path], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
