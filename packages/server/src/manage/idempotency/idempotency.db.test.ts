import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, test } from 'node:test'
import { forgetOldKeys } from '../../store/idempotency.ts'
import { dataKeys } from '../../store/seal.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import type { Idempotency } from '../../transport/http/inside.ts'
import { idempotency } from './idempotency.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
let clock = Date.parse('2026-03-01T10:00:00Z')
const keys = dataKeys([Buffer.alloc(32, 1)])
const root = Buffer.alloc(32, 2)
const service: Idempotency = idempotency({
  db,
  now: () => new Date(clock),
  dataKeys: keys,
  hash: (tenant, text) => createHmac('sha256', root).update(`${tenant}\n${text}`).digest('hex'),
  redact: async (_, __, text) => text.replaceAll('612-206-0006', '[PHONE]'),
})

async function fresh(key: string, digest = 'd1', tenant = 'acme'): Promise<string> {
  const begun = await service.begin(tenant, key, digest)
  assert.ok(begun.kind === 'fresh')
  return begun.eventId
}

test('fact 31: the same key and body again is answered with the first answer, byte for byte', async () => {
  await fresh('a')
  await service.finish('acme', 'a', 200, '{"ok":true,  "lead_id":"L1"}')
  assert.deepEqual(await service.begin('acme', 'a', 'd1'), {
    kind: 'replay',
    status: 200,
    body: '{"ok":true,  "lead_id":"L1"}',
  })
})

test('the same key with another body is refused, before and after the first is finished', async () => {
  await fresh('b')
  await assert.rejects(service.begin('acme', 'b', 'other'), { code: 'idempotency_mismatch' })
  await service.finish('acme', 'b', 200, '{}')
  await assert.rejects(service.begin('acme', 'b', 'other'), { code: 'idempotency_mismatch' })
})

test('of several requests with one key at the same time exactly one goes on', async () => {
  const tried = await Promise.allSettled(Array.from({ length: 6 }, () => service.begin('acme', 'c', 'd1')))
  assert.equal(tried.filter(one => one.status === 'fulfilled').length, 1)
  for (const one of tried) if (one.status === 'rejected') assert.equal(one.reason.code, 'in_progress')
})

test('a key left by a crashed request is taken over after 30 s, with the event id of that request', async () => {
  const first = await fresh('d')
  clock += 29_999
  await assert.rejects(service.begin('acme', 'd', 'd1'), { code: 'in_progress' })
  clock += 1
  await assert.rejects(service.begin('acme', 'd', 'other'), { code: 'idempotency_mismatch' }, 'by the same body alone')
  assert.equal(await fresh('d'), first)
  await assert.rejects(service.begin('acme', 'd', 'd1'), { code: 'in_progress' })
})

test('a refused write frees its key, also for another body', async () => {
  const first = await fresh('e')
  await service.release('acme', 'e')
  assert.notEqual(await fresh('e', 'corrected'), first)
})

test('an answer that was given cannot be released or overwritten', async () => {
  await fresh('f')
  await service.finish('acme', 'f', 200, 'first')
  await service.finish('acme', 'f', 200, 'second')
  await service.release('acme', 'f')
  assert.deepEqual(await service.begin('acme', 'f', 'd1'), { kind: 'replay', status: 200, body: 'first' })
})

test('after 24 hours a key is new again', async () => {
  const first = await fresh('g')
  await service.finish('acme', 'g', 200, '{}')
  clock += 24 * 3_600_000 - 1
  assert.equal((await service.begin('acme', 'g', 'd1')).kind, 'replay')
  clock += 1
  assert.notEqual(await fresh('g', 'another body'), first)
})

test('a key that was taken under a clock that was years ahead is new, and is forgotten', async () => {
  const right = clock
  clock = Date.parse('2099-01-01T00:00:00Z')
  const first = await fresh('ahead', 'd1', 'ahead')
  await fresh('left', 'd1', 'ahead')
  clock = right
  assert.notEqual(await fresh('ahead', 'd1', 'ahead'), first)
  assert.equal(await db.transaction(['ahead'], handle => forgetOldKeys(handle, new Date(clock))), 1)
})

test('old keys are forgotten, those of other tenants and younger ones stay', async () => {
  await fresh('old', 'd1', 'tidy')
  clock += 24 * 3_600_000
  await fresh('young', 'd1', 'tidy')
  assert.equal(await db.transaction(['tidy'], handle => forgetOldKeys(handle, new Date(clock))), 1)
  await assert.rejects(service.begin('tidy', 'young', 'd1'), { code: 'in_progress' })
})

test('tenants do not share keys', async () => {
  await fresh('h')
  await service.finish('acme', 'h', 200, 'of acme')
  await fresh('h', 'd1', 'borg')
})

test('neither the word of a sender nor what is personal in an answer stands in the table, and the answer is the same', async () => {
  const word = 'key retry 612-206-0006'
  const body = '{"ok":true,"ignored_fields":["612-206-0006"],"lead_id":"L1"}'
  await fresh(word)
  await service.finish('acme', word, 200, body)
  assert.deepEqual(await service.begin('acme', word, 'd1'), { kind: 'replay', status: 200, body })
  const { rows } = await db.transaction(['acme'], handle =>
    handle.query<{ row: string }>(`select k::text as row from idempotency k where position('[PHONE]' in body) > 0`),
  )
  assert.equal(rows.length, 1)
  assert.ok(rows[0]!.row.includes('L1'), 'erasure finds it by the case that it names')
  assert.ok(!rows[0]!.row.includes('612-206-0006'), rows[0]!.row)
  assert.ok(!rows[0]!.row.includes(Buffer.from('612-206-0006').toString('hex')), rows[0]!.row)
})

test('a word that the version before kept as it was is known, answered and released', async () => {
  await db.transaction(['acme'], handle =>
    handle.query(
      `insert into idempotency (tenant_id, key, body_digest, event_id, locked_until, created_at, status, body) values
        ('acme', 'old 1', 'd1', 'e', $1, $1, 200, 'first'), ('acme', 'old 2', 'd1', 'e', $1, $1, null, null)`,
      [new Date(clock)],
    ),
  )
  assert.deepEqual(await service.begin('acme', 'old 1', 'd1'), { kind: 'replay', status: 200, body: 'first' })
  assert.equal(await fresh('old 2'), 'e')
  await service.release('acme', 'old 2')
  assert.notEqual(await fresh('old 2'), 'e')
})
