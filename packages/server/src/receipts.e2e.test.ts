import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openApp } from './app.ts'
import { openReceipts } from './manage/receipts/open-receipts.ts'
import { lead, openLedger } from './manage/receipts/testing/ledger.ts'
import { verifyLedger } from './manage/receipts/verify-ledger.ts'
import { retain } from './manage/retention/retain.ts'
import { makeSigningKey } from './model/signature.ts'
import { wallClock } from './runtime/clock.ts'
import type { Context } from './runtime/context.ts'
import { every } from './runtime/loop.ts'
import { runDirectly } from './runtime/run-task.ts'
import type { Task } from './runtime/task.ts'
import { startWorld, type World } from './testing/start-world.ts'

const entry = fileURLToPath(new URL('../../../bin/surety.js', import.meta.url))

/** A command of `surety` beside the running service. */
async function surety(
  world: World,
  ...args: readonly string[]
): Promise<{ code: number | null; out: string; err: string }> {
  const { config } = world.app
  const env = {
    ...process.env,
    DATABASE_URL: config.databaseUrl ?? '',
    MIGRATE_URL: config.migrateUrl ?? '',
    DATA_DIR: config.dataDir,
    TENANT: config.tenant,
  }
  const child = spawn(process.execPath, [entry, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>(resolve => void child.on('close', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await ended, out, err }
}

test('an auditor asks for the receipt of a decision, verifies it offline, and compares the ledger with saved heads', async () => {
  await using world = await startWorld()
  const save = async (name: string, content: string): Promise<string> => {
    const path = join(world.dataDir, name)
    await writeFile(path, content)
    return path
  }
  const { data } = await world.call('/v1/lead', {
    body: { name: 'Jane Doe', email: 'jane@example.com', details: 'A quote for a roof' },
  })
  await world.app.db.transaction(['acme'], db => db.query('update inbox set blinded = false'))
  const made = await surety(world, 'receipt', data.decision.id)
  assert.equal(made.code, 0, made.err)
  const receipt = await save('receipt.json', made.out)
  const key = await save('key.txt', (await surety(world, 'receipt', '--public-key')).out)
  const heads = await save('heads.json', (await surety(world, 'receipt', '--heads')).out)
  const verified = await surety(world, 'verify-receipt', receipt, '--key', key, '--heads', heads)
  assert.equal(verified.code, 0, verified.out)
  assert.match(verified.out, /The receipt holds\.\n$/)
  const whole = await surety(world, 'verify', '--receipts', '--heads', heads)
  assert.equal(whole.code, 0, whole.err)
  assert.match(whole.err, /receipts of acme: 1 records in 1 links of 1 chains hold together\./)

  const none = await surety(world, 'receipt', '01a1fe21-41d7-7000-8ce7-e9ab588375a2')
  assert.deepEqual([none.code, none.out], [3, ''])
  assert.match(none.err, /Tenant acme has no decision/)
  assert.equal((await surety(world, 'receipt')).code, 2)
  assert.equal((await surety(world, 'verify', '--heads', heads)).code, 2)

  await world.app.db.transaction(['acme'], db => db.query(`update decisions set reason = 'cap_reached'`))
  const changed = await surety(world, 'verify', '--receipts')
  assert.equal(changed.code, 1)
  assert.match(changed.err, new RegExp(`receipts of acme: decision ${data.decision.id}, .* is in no link`))
  assert.equal((await surety(world, 'verify-receipt', receipt, '--key', key)).code, 0, 'the receipt outlives the fraud')
})

test('retention takes texts and contacts, and every receipt still holds', async () => {
  await using world = await startWorld()
  const { data } = await world.call('/v1/lead', {
    body: { name: 'Jane Doe', email: 'jane@example.com', details: 'A quote for a roof' },
  })
  await world.call(`/v1/lead/${data.lead_id}/outcome`, { body: { outcome: 'booked', notes: 'she said so' } })
  const { db } = world.app
  const later = new Date(Date.now() + 20 * 365 * 86_400_000)
  const ttl = { memoryTtlDays: 1, contactTtlDays: 1, recordTtlDays: 0, wallClock: null }
  const run: Task['run'] = (at, _, eachTenant) => retain({ db, ...ttl, forgetOldKeys: async () => {} }, at, eachTenant)
  await runDirectly({ name: 'retention', schedule: null, run }, later, async () => ['acme'])
  const notes = await db.transaction(['acme'], handle => handle.query('select from outcomes where notes is null'))
  assert.equal(notes.rowCount, 1)
  const report = await verifyLedger(db, 'acme')
  assert.deepEqual([report.ok, report.records, report.links], [true, 2, 2])
})

test('a service signs as it stops, and as it starts what a dead one left', async () => {
  await using world = await startWorld()
  await world.call('/v1/lead', { body: { name: 'Jane Doe', email: 'jane@example.com', details: 'A quote for a roof' } })
  await using again = await openApp(world.app.config, { jobs: false })
  await again[Symbol.asyncDispose]()
  assert.equal((await verifyLedger(world.app.db, 'acme')).unsigned, 0)
})

test('each signing covers what grew since the last', async () => {
  await using ledger = await openLedger()
  const { db } = ledger.database
  const unsigned = async (): Promise<number> => (await verifyLedger(db, 'acme')).unsigned
  await ledger.run(lead('L1'))
  await ledger.run(lead('L2'))
  assert.equal(await unsigned(), 2)
  const onError = (error: unknown): never => assert.fail(String(error))
  const ctx = {
    db,
    secrets: { modelSigningKey: makeSigningKey().text },
    now: () => new Date(),
    every: (loop: Parameters<Context['every']>[0]) => every({ ...loop, clock: wallClock(), onError }),
    onError,
  }
  await openReceipts(ctx, { chains: ledger.core.receipts })[Symbol.asyncDispose]()
  assert.equal(await unsigned(), 0)
  await ledger.run(lead('L3'))
  assert.equal(await unsigned(), 1)
  await openReceipts(ctx, { chains: ledger.core.receipts })[Symbol.asyncDispose]()
  assert.equal(await unsigned(), 0)
  const heads = await ledger.sql('select length::int from receipt_heads order by 1')
  assert.deepEqual(heads, [{ length: 2 }, { length: 3 }])
})
