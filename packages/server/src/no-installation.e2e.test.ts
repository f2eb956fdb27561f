import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openEmbeddedOrJoin } from './store/open-or-join.ts'
import { openTestDatabase } from './store/test-database.ts'
import { urlOf } from './testing/start-world.ts'

const database = await openTestDatabase({ empty: true })
after(() => database[Symbol.asyncDispose]())
const dataDir = await mkdtemp(join(tmpdir(), 'surety-no-tables-'))
after(() => rm(dataDir, { recursive: true, force: true }))
const installation = { databaseUrl: urlOf(database.address), migrateUrl: null, dataDir }
const entry = fileURLToPath(new URL('../../../bin/surety.js', import.meta.url))

async function surety(...args: readonly string[]) {
  const env = { ...process.env, DATABASE_URL: installation.databaseUrl, DATA_DIR: dataDir }
  const child = spawn(process.execPath, [entry, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>(resolve => void child.on('close', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await ended, out, err }
}

const hasSchema = async () =>
  (await database.db.transaction([], db => db.query(`select from pg_namespace where nspname = 'surety'`))).rowCount

test('a command beside a service makes no tables in a database that has none; who prepares an installation does', async () => {
  await assert.rejects(openEmbeddedOrJoin(installation), {
    name: 'Error',
    message: /no installation in the database of/,
  })
  const listed = await surety('keys', 'list', '--tenant', 'main')
  assert.deepEqual([listed.code, listed.out], [1, ''])
  assert.match(listed.err, /^surety: There is no installation in the database of DATABASE_URL: /)
  assert.equal(await hasSchema(), 0)

  const made = await surety('keys', 'create', '--tenant', 'main', '--role', 'admin')
  assert.equal(made.code, 0, made.err)
  assert.equal(await hasSchema(), 1)
  assert.equal(JSON.parse((await surety('keys', 'list', '--tenant', 'main')).out).length, 1)
})

test('a file without any head is not written', async () => {
  const { code, out, err } = await surety('receipt', '--heads', '--tenant', 'nobody')
  assert.deepEqual([code, out], [3, ''])
  assert.equal(err, 'There is no head of tenant nobody yet, so nothing was written.\n')
})
