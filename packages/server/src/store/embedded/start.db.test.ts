import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { examine } from './doctor.ts'
import type { EmbeddedError } from './embedded-error.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import { isAlive, processesIn, until } from './process-state.ts'
import { chooseRunAs } from './run-as.ts'
import { spawnAs } from './run-program.ts'
import { boundLog } from './server.ts'
import { startOn } from './start.ts'
import { openGround, query, run, startOther } from './test-ground.ts'

let ground: Awaited<ReturnType<typeof openGround>>
let dataDir = ''
before(async () => {
  ground = await openGround()
  dataDir = join(ground.folder, 'data')
})
after(() => ground[Symbol.asyncDispose]())

const start = (options: { tuning?: 'durable' | 'replay' } = {}) => startOn(ground.machine, { dataDir, ...options })
const pidNow = async () => (await readPostmasterFile(join(dataDir, 'pgdata')))?.pid ?? 0

test('the first start makes a database that belongs to a plain role', async () => {
  await using server = await start()
  assert.equal(server.adopted, false)
  const sql = `select rolsuper or rolbypassrls or rolcreaterole from pg_roles where rolname = current_user`
  assert.deepEqual(await query(server, sql), [false])
  assert.deepEqual(
    await query(server, `select current_user::text, current_database()::text, version() ~ '${server.version}'`),
    ['surety', 'surety', true],
  )
  assert.deepEqual(await query(server, `select current_setting('fsync'), current_setting('synchronous_commit')`), [
    'on',
    'on',
  ])
  await query(server, 'create table kept as select 42 as answer')
})

test('a restart keeps the data and the printed url leads to them', async () => {
  await using server = await start()
  const { default: pg } = await import('pg')
  const client = new pg.Client(server.url)
  await client.connect()
  const { rows } = await client.query('select answer from kept')
  await client.end()
  assert.deepEqual(rows, [{ answer: 42 }])
})

test('after stop no process and no socket is left', async () => {
  const server = await start()
  await server.stop()
  await server.stop()
  assert.deepEqual(await processesIn(join(dataDir, 'pgdata')), [])
  await assert.rejects(readFile(join(dataDir, 'surety.lock')), { code: 'ENOENT' })
})

test('a second start on the same folder gets one sentence, in the same process and in another', async () => {
  await using server = await start()
  await assert.rejects(start(), (error: EmbeddedError) => {
    assert.equal(error.code, 'in_use')
    assert.match(error.message, new RegExp(`process ${process.pid}.*DATABASE_URL\\.$`))
    return true
  })
  await using other = await startOther(ground.machine, { dataDir })
  assert.equal(other.said.code, 'in_use')
  assert.deepEqual(await query(server, 'select answer from kept'), [42])
})

test('the server of a Surety killed with -9 is taken over, acknowledged rows and all', async () => {
  await using other = await startOther(ground.machine, { dataDir })
  await query(other.said, 'insert into kept values (43)')
  const pid = await pidNow()
  await other.kill()
  assert.equal(await isAlive(pid), true)
  await using server = await start()
  assert.equal(server.adopted, true)
  assert.equal(await pidNow(), pid)
  assert.deepEqual(await query(server, 'select answer from kept order by 1'), [42, 43])
})

test('an orphan started with other settings is stopped, not taken over', async () => {
  await using other = await startOther(ground.machine, { dataDir, tuning: 'replay' })
  const pid = await pidNow()
  await other.kill()
  await using server = await start()
  assert.equal(server.adopted, false)
  assert.equal(await isAlive(pid), false)
  assert.deepEqual(await query(server, `select current_setting('synchronous_commit')`), ['on'])
})

test('killing Surety and the postmaster with -9 loses no acknowledged row', async () => {
  await using other = await startOther(ground.machine, { dataDir })
  await query(other.said, 'insert into kept values (44)')
  process.kill(await pidNow(), 'SIGKILL')
  await other.kill()
  await using server = await start()
  assert.equal(server.adopted, false)
  assert.deepEqual(await query(server, 'select answer from kept order by 1'), [42, 43, 44])
})

test('a postmaster that is a zombie counts as dead', async () => {
  const first = await start()
  const options = await readFile(join(dataDir, 'pgdata/postmaster.opts'), 'utf8')
  await first.stop()
  const user = await chooseRunAs(ground.machine, undefined)
  // The shell becomes `sleep`, which never collects its dead child: what a container without an init does.
  const parent = spawn('sh', ['-c', `${options.trim()} 2>/dev/null & exec sleep 60`], {
    ...spawnAs(user),
    stdio: 'ignore',
  })
  while ((await readPostmasterFile(join(dataDir, 'pgdata')))?.ready !== true)
    await new Promise(resolve => setTimeout(resolve, 10))
  const pid = await pidNow()
  process.kill(pid, 'SIGKILL')
  try {
    // On a busy machine it may be within the kernel still, where no signal ends it.
    const isZombie = async () => /\) Z/.test(await readFile(`/proc/${pid}/stat`, 'utf8'))
    assert.ok(await until(isZombie, 30_000))
    await using server = await start()
    assert.deepEqual(await query(server, 'select count(*)::int from kept'), [3])
    assert.match(await readFile(`/proc/${pid}/stat`, 'utf8'), /\) Z/)
  } finally {
    parent.kill('SIGKILL')
  }
})

test('a lock whose pid has gone to somebody else is stale', async () => {
  const lock = JSON.stringify({ pid: process.pid, started: 'long ago', space: 'x' })
  await writeFile(join(dataDir, 'surety.lock'), lock)
  await run('touch', ['-d', '1 hour ago', join(dataDir, 'surety.lock')])
  await using server = await start()
  assert.deepEqual(await query(server, 'select 1'), [1])
})

test('a lock from another container holds while its heart beats', async () => {
  const path = join(dataDir, 'surety.lock')
  await writeFile(path, JSON.stringify({ pid: 7, started: '1', space: 'another' }))
  const heart = setInterval(() => void run('touch', [path]), 200)
  try {
    await assert.rejects(start(), { code: 'in_use' })
  } finally {
    clearInterval(heart)
  }
  await run('touch', ['-d', '1 hour ago', path])
})

test('Ctrl-C in the terminal does not reach the server', async () => {
  await using server = await start()
  const { stdout } = await run('ps', ['-o', 'pgid=,sid=', '-p', String(await pidNow())])
  assert.deepEqual(stdout.trim().split(/\s+/).map(Number), [await pidNow(), await pidNow()])
  assert.deepEqual(await query(server, 'select 1'), [1])
})

test('a server that ends though nobody stopped it is started again where it was, and loses nothing that was acknowledged', async () => {
  const deaths: (Error | null)[] = []
  await using server = await startOn(ground.machine, { dataDir, onDeath: failed => void deaths.push(failed) })
  await query(server, 'insert into kept values (45)')
  for (const [round, name] of (['SIGKILL', 'SIGTERM'] as const).entries()) {
    const pid = await pidNow()
    process.kill(pid, name)
    assert.ok(await until(async () => deaths.length === round + 1, 60_000))
    assert.notEqual(await pidNow(), pid)
    assert.deepEqual(await query(server, 'select answer from kept where answer = 45'), [45])
  }
  assert.deepEqual(deaths, [null, null])
  await server.stop()
  assert.deepEqual(await processesIn(join(dataDir, 'pgdata')), [], 'a stop is no death')
})

test('the doctor says that a Surety runs without its server', async () => {
  await using server = await start()
  const pid = await pidNow()
  process.kill(pid, 'SIGKILL')
  assert.ok(await until(async () => !(await isAlive(pid)), 60_000))
  const found = (await examine(ground.machine, server.dataDir)).find(check => check.name === 'server')
  assert.equal(found?.ok, false)
  assert.match(
    found?.sentence ?? '',
    new RegExp(`process ${process.pid}\\).*its PostgreSQL does not.*${pid} was killed`),
  )
})

test('the log of the server is bounded while it runs, and goes on', async () => {
  await using server = await start()
  const log = join(dataDir, 'server.log')
  await assert.rejects(query(server, 'select no_such_column'))
  assert.match(await readFile(log, 'utf8'), /no_such_column/)
  assert.doesNotMatch(await readFile(log, 'utf8'), /STATEMENT/, 'what was asked is not in it')
  await boundLog(log, 20)
  assert.equal((await readFile(`${log}.1`)).length, 20)
  assert.equal(await readFile(log, 'utf8'), '')
  await assert.rejects(query(server, 'select no_other_column'))
  assert.match(await readFile(log, 'utf8'), /^[^\0]*no_other_column/)
})

test('replay data survive a kill of every process and are dropped after a crash of the machine', async () => {
  const replay = { dataDir: join(ground.folder, 'replay'), tuning: 'replay' } as const
  await using other = await startOther(ground.machine, replay)
  await query(other.said, `create table kept as select 1 as answer, set_config('synchronous_commit', 'on', true)`)
  const kill = async () => process.kill((await readPostmasterFile(join(replay.dataDir, 'pgdata')))!.pid, 'SIGKILL')
  await kill()
  await other.kill()
  await using second = await startOther(ground.machine, replay)
  assert.deepEqual(await query(second.said, 'select answer from kept'), [1])
  await kill()
  await second.kill()
  await writeFile(join(replay.dataDir, 'unsynced-since-boot'), 'an earlier boot')
  await using server = await startOn(ground.machine, replay)
  assert.match(server.notes.join(' '), /thrown away/)
  assert.deepEqual(await query(server, `select to_regclass('kept')`), [null])
})

test('data of another PostgreSQL version are left alone and named', async () => {
  const folder = join(ground.folder, 'old')
  await mkdir(join(folder, 'pgdata'), { recursive: true })
  await writeFile(join(folder, 'pgdata/PG_VERSION'), '17\n')
  await assert.rejects(startOn(ground.machine, { dataDir: folder }), {
    code: 'version_mismatch',
    message: /PostgreSQL 17 .*DATABASE_URL\.$/,
  })
  assert.equal(await readFile(join(folder, 'pgdata/PG_VERSION'), 'utf8'), '17\n')
  const checks = await examine(ground.machine, folder)
  assert.equal(checks.find(check => check.name === 'data version')?.ok, false)
})

test('a folder that cannot be made gets one sentence', async () => {
  await writeFile(join(ground.folder, 'file'), '')
  const below = join(ground.folder, 'file/data')
  await assert.rejects(startOn(ground.machine, { dataDir: below }), {
    code: 'not_writable',
    message: /DATABASE_URL\.$/,
  })
})

test('a machine without a package, and one whose programs do not run, get one sentence', async () => {
  const none = { ...ground.machine, platform: 'linux', arch: 'riscv64', packageRoot: undefined }
  const elsewhere = join(ground.folder, 'none')
  await assert.rejects(startOn(none, { dataDir: elsewhere }), { code: 'unsupported', message: /riscv64.*DATABASE_URL/ })
  const broken = join(ground.folder, 'broken')
  await mkdir(join(broken, 'native/bin'), { recursive: true })
  await writeFile(join(broken, 'package.json'), '{ "version": "0" }')
  await writeFile(join(broken, 'native/bin/postgres'), '#!/no/such/loader\n')
  await chmod(join(broken, 'native/bin/postgres'), 0o755)
  const wrong = startOn({ ...ground.machine, packageRoot: broken }, { dataDir: elsewhere })
  await assert.rejects(wrong, { code: 'unsupported', message: /does not run on this machine.*DATABASE_URL/ })
  const checks = await examine(none, elsewhere)
  assert.equal(checks.find(check => check.name === 'package')?.ok, false)
})

test('the doctor finds nothing wrong with a running server', async () => {
  await using server = await start()
  const checks = await examine(ground.machine, server.dataDir)
  assert.deepEqual(
    checks.filter(check => !check.ok),
    [],
  )
  assert.match(checks.find(check => check.name === 'lock')?.sentence ?? '', new RegExp(`process ${process.pid}`))
})
