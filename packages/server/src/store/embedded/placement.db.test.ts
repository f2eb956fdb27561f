import assert from 'node:assert/strict'
import { access, chmod, chown, lstat, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { locateBinaries } from './binaries.ts'
import { examine } from './doctor.ts'
import type { EmbeddedError } from './embedded-error.ts'
import { choosePlace } from './place.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import { chooseRunAs } from './run-as.ts'
import { runProgram } from './run-program.ts'
import { startOn } from './start.ts'
import { openStateRoot } from './state-root.ts'
import { copyPackage, openGround, query, run, startOther } from './test-ground.ts'

const asRoot = { skip: process.getuid?.() === 0 ? false : 'needs root' }
const nobody = { name: 'nobody', uid: 65534, gid: 65534, switched: true }

test('library links that npm ci --ignore-scripts left out are made', async () => {
  await using ground = await openGround()
  const packageRoot = await copyPackage(join(ground.folder, 'package'))
  const machine = { ...ground.machine, packageRoot }
  const { copiedTo, postgres } = await locateBinaries(machine, await chooseRunAs(machine, undefined))
  assert.deepEqual([copiedTo, postgres], [undefined, join(packageRoot, 'native/bin/postgres')])
  assert.equal((await lstat(join(packageRoot, 'native/lib/libicui18n.so.60'))).isSymbolicLink(), true)
})

test('a data path of 150 characters works, its socket in a short private folder', async () => {
  await using ground = await openGround()
  const dataDir = join(ground.folder, 'long-'.padEnd(150 - ground.folder.length - 1, 'x'))
  assert.equal(dataDir.length, 150)
  const server = await startOn(ground.machine, { dataDir })
  const { host } = server.connection
  assert.ok(host.length < 40, host)
  assert.equal((await stat(host)).mode & 0o777, 0o700)
  assert.deepEqual(await query(server, 'select 1'), [1])
  await server.stop()
  await assert.rejects(access(host), { code: 'ENOENT' })

  await using other = await startOther(ground.machine, { dataDir })
  process.kill((await readPostmasterFile(join(dataDir, 'pgdata')))!.pid, 'SIGKILL')
  await other.kill()
  await using again = await startOn(ground.machine, { dataDir })
  assert.deepEqual(await query(again, 'select 1'), [1])
  await assert.rejects(access(other.said.connection.host), { code: 'ENOENT' })
})

test('root in a clone below a closed folder: programs and data go elsewhere, and it says where', asRoot, async () => {
  await using ground = await openGround()
  const closed = join(ground.folder, 'root-only')
  await mkdir(closed, { mode: 0o700 })
  const machine = { ...ground.machine, packageRoot: await copyPackage(join(closed, 'package')) }
  const dataDir = join(closed, 'clone/data')
  const first = await startOn(machine, { dataDir })
  assert.ok(first.dataDir.startsWith(join(ground.folder, 'state/data-')))
  assert.ok(first.notes.some(note => note.includes(dataDir) && note.includes(first.dataDir)))
  assert.ok(first.notes.some(note => /programs were copied/.test(note)))
  assert.match(await readFile(join(dataDir, 'DATA-ELSEWHERE.txt'), 'utf8'), new RegExp(first.dataDir))
  assert.equal((await stat(first.dataDir)).mode & 0o777, 0o700)
  await query(first, 'create table kept as select 42 as answer')
  await first.stop()

  // Opened later on, the folder must not get a second, empty database.
  await chmod(closed, 0o755)
  await using again = await startOn(machine, { dataDir })
  assert.equal(again.dataDir, first.dataDir)
  assert.deepEqual(await query(again, 'select answer from kept'), [42])
})

test('a folder that was copied without its data is refused, and goes on where they are put', asRoot, async () => {
  await using ground = await openGround()
  const { machine } = ground
  const closed = join(ground.folder, 'root-only')
  await mkdir(join(closed, 'old'), { recursive: true, mode: 0o700 })
  const first = await startOn(machine, { dataDir: join(closed, 'old/postgres') })
  await query(first, 'create table kept as select 42 as answer')
  await first.stop()
  await writeFile(join(closed, 'old/database.json'), '{}')
  await run('cp', ['-a', join(closed, 'old'), join(closed, 'new')])
  const dataDir = join(closed, 'new/postgres')
  const refused: EmbeddedError = await startOn(machine, { dataDir }).catch(error => error)
  assert.equal(refused.code, 'data_missing')
  assert.ok(refused.message.includes(`it was in ${first.dataDir}.`), refused.message)
  const target = / to (\S+) \(cp -a/.exec(refused.message)?.[1] ?? ''
  const folder = (await examine(machine, dataDir)).find(check => check.name === 'data folder')
  assert.deepEqual(folder, { name: 'data folder', ok: false, sentence: refused.message })
  await assert.rejects(access(target), { code: 'ENOENT' })

  await run('cp', ['-a', first.dataDir, target])
  await using again = await startOn(machine, { dataDir })
  assert.equal(again.dataDir, target)
  assert.deepEqual(await query(again, 'select answer from kept'), [42])
  assert.match(await readFile(join(dataDir, 'DATA-ELSEWHERE.txt'), 'utf8'), new RegExp(` are in ${target}, because`))
})

test('data that are gone from their folder are missed, and those that never were are made', async () => {
  await using ground = await openGround()
  const dataDir = join(ground.folder, 'postgres')
  await (await startOn(ground.machine, { dataDir })).stop()
  await writeFile(join(ground.folder, 'database.json'), '{}')
  await (await startOn(ground.machine, { dataDir })).stop()
  await rm(dataDir, { recursive: true })
  await assert.rejects(startOn(ground.machine, { dataDir }), {
    code: 'data_missing',
    message: /not in .*postgres, where/,
  })
  await assert.rejects(access(dataDir), { code: 'ENOENT' })
  await rm(join(ground.folder, 'database.json'))
  await (await startOn(ground.machine, { dataDir })).stop()
})

test('as root the server runs as postgres, else nobody, and owns its folder', asRoot, async () => {
  await using ground = await openGround()
  const passwdFile = join(ground.folder, 'passwd')
  await writeFile(passwdFile, 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n')
  const dataDir = join(ground.folder, 'data')
  await using server = await startOn({ ...ground.machine, passwdFile }, { dataDir })
  const pid = (await readPostmasterFile(join(dataDir, 'pgdata')))!.pid
  assert.equal((await stat(`/proc/${pid}`)).uid, 65534)
  assert.equal((await stat(dataDir)).uid, 65534)
  assert.match(server.notes[0] ?? '', /runs as user nobody/)
  await writeFile(passwdFile, 'root:x:0:0::/root:/bin/sh\n')
  await assert.rejects(chooseRunAs({ ...ground.machine, passwdFile }, undefined), { code: 'no_such_user' })
})

test('an ordinary user starts it, with a read-only package that lacks its links', asRoot, async t => {
  await using ground = await openGround()
  if (!(await runProgram(nobody, process.execPath, ['--version'])).ok) return t.skip('nobody cannot reach Node here')
  const home = join(ground.folder, 'home')
  await mkdir(home)
  await chown(home, nobody.uid, nobody.gid)
  const packageRoot = await copyPackage(join(ground.folder, 'package'))
  const machine = { ...ground.machine, packageRoot, stateRoots: [join(home, 'state')] }
  const options = { dataDir: join(home, 'data') }
  await using other = await startOther(machine, options, { uid: nobody.uid, gid: nobody.gid })
  assert.equal(other.said.message, undefined)
  assert.ok(other.said.notes.some(note => note.includes(join(home, 'state'))))
  assert.deepEqual(await query(other.said, 'select current_user::text'), ['surety'])
  await other.kill()

  // Root then finds data of an ordinary user: it runs the server as that user and takes over the orphan's folder.
  await using server = await startOn(ground.machine, options)
  assert.equal((await stat(join(server.dataDir, 'pgdata'))).uid, nobody.uid)
  await using denied = await startOther(
    machine,
    { dataDir: join(ground.folder, 'forbidden') },
    { uid: nobody.uid, gid: nobody.gid },
  )
  assert.equal(denied.said.code, 'not_writable')
  assert.match(denied.said.message ?? '', /cannot be written.*DATABASE_URL\.$/)
})

test('beside other files the data get a folder of their own and stay there', async () => {
  await using ground = await openGround()
  const dataDir = join(ground.folder, 'data')
  await mkdir(dataDir, { mode: 0o755 })
  await writeFile(join(dataDir, 'leads.csv'), 'a,b\n')
  const { folder } = await choosePlace(ground.machine, dataDir)
  assert.equal(folder, join(dataDir, 'postgresql'))
  assert.equal((await stat(dataDir)).mode & 0o777, 0o755)
  const { uid, gid } = await chooseRunAs(ground.machine, undefined)
  await mkdir(join(folder, 'pgdata'))
  await chown(join(folder, 'pgdata'), uid, gid)
  await rm(join(dataDir, 'leads.csv'))
  assert.equal((await choosePlace(ground.machine, dataDir)).folder, folder)
})

test('a state folder that others may write to is not used', async () => {
  await using ground = await openGround()
  const squatted = join(ground.folder, 'squatted')
  await mkdir(squatted)
  await chmod(squatted, 0o777)
  await assert.rejects(openStateRoot({ ...ground.machine, stateRoots: [squatted] }), { code: 'not_writable' })
  const stateRoots = [squatted, join(ground.folder, 'state')]
  assert.equal(await openStateRoot({ ...ground.machine, stateRoots }), stateRoots[1])
})
