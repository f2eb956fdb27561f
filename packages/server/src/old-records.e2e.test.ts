import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { openConservation } from './manage/conservation/open-conservation.ts'
import { issueReceipt } from './manage/receipts/issue.ts'
import { testKey } from './manage/receipts/testing/ledger.ts'
import { verifyLedger } from './manage/receipts/verify-ledger.ts'
import { retain } from './manage/retention/retain.ts'
import { pods } from './pods.ts'
import { runDirectly } from './runtime/run-task.ts'
import type { Task } from './runtime/task.ts'
import { monthsOf } from './store/receipt-rows.ts'
import { startWorld, type World } from './testing/start-world.ts'

const long = new Date('2023-11-15T10:00:00Z')
const today = new Date('2026-11-20T10:00:00Z')
let clock = long
let world: World
test.before(async () => {
  world = await startWorld({ now: () => clock })
})
test.after(() => world[Symbol.asyncDispose]())

const event = (id: string, details = 'A quote for a roof please') => ({
  event_id: id,
  type: 'lead.created',
  occurred_at: long.toISOString(),
  data: { external_id: id, name: 'Jane Doe', email: `${id}@example.com`, details },
})
const byDoor = { external_id: 'by-door', name: 'Joe Bloggs', email: 'joe@example.com', details: 'A quote for a wall' }
const send = async (...events: object[]) => (await world.call('/v1/events', { body: events })).data.items
const rows = async (table: string) =>
  world.app.db.transaction(['acme'], async db => (await db.query(`select from ${table}`)).rowCount)
const keep = (recordTtlDays: number) => {
  const kept = { db: world.app.db, memoryTtlDays: 180, contactTtlDays: 365, recordTtlDays, wallClock: null }
  const run: Task['run'] = (at, _, eachTenant) => retain({ ...kept, forgetOldKeys: async () => {} }, at, eachTenant)
  return runDirectly({ name: 'retention', schedule: null, run }, clock, async () => ['acme'])
}

let old: { lead: string; decision: string }
let fresh: { lead: string; decision: string }

test('what is three years old is dropped by whole months, and what is young stays', async () => {
  const first = await send(event('settled'), event('waiting'))
  old = { lead: first[0].case_id, decision: first[0].decision.id }
  assert.equal((await world.call(`/v1/lead/${old.lead}/outcome`, { body: { outcome: 'booked' } })).status, 200)
  assert.equal((await world.call('/v1/lead', { body: byDoor })).status, 200)
  await world.app.refreshAutonomy()
  clock = today
  const second = await send(event('young'))
  fresh = { lead: second[0].case_id, decision: second[0].decision.id }
  const before = await Promise.all(['decisions', 'outcomes', 'inbox', 'receipt_links'].map(rows))
  assert.deepEqual(before.slice(0, 3), [4, 1, 4])
  await keep(0)
  assert.deepEqual(await Promise.all(['decisions', 'outcomes', 'inbox', 'receipt_links'].map(rows)), before)
  await keep(730)
  const after = await Promise.all(['decisions', 'outcomes', 'inbox', 'receipt_links'].map(rows))
  assert.deepEqual(after, [1, 0, 1, before[3]])
  for (const table of ['events', 'decisions', 'outcomes', 'messages', 'transitions', 'acts']) {
    const months = await world.app.db.transaction([], db => monthsOf(db, table))
    assert.equal(months.has('2023-11'), false, table)
    assert.equal(months.has('2026-11'), true, table)
  }
  await keep(730)
})

test('the chain is whole, its digests are there, and the receipt of what is gone says so', async () => {
  const { db } = world.app
  const report = await verifyLedger(db, 'acme')
  assert.deepEqual([report.ok, report.problems, report.records, report.expired], [true, [], 1, 4])
  const deps = { db, key: testKey(), now: () => clock }
  await db.transaction(['acme'], handle => handle.query('update inbox set blinded = false'))
  await assert.rejects(issueReceipt(deps, 'acme', old.decision), /was recorded and its record is gone/)
  assert.equal((await issueReceipt(deps, 'acme', fresh.decision))['format'], 'surety.receipt/2')
})

test('ids are remembered: a repeated event adds nothing, another payload under its id is refused', async () => {
  const answer = await send(event('settled'), event('waiting', 'something else'))
  assert.deepEqual(
    answer.map((one: { status: string; code?: string }) => one.code ?? one.status),
    ['duplicate', 'event_id_conflict'],
  )
  const again = await world.call('/v1/lead', { body: byDoor })
  assert.deepEqual([again.status, again.body.code], [410, 'record_expired'])
  assert.equal(await rows('decisions'), 1)
})

test('doors that look for an old case say that it is not there; lists show what is', async () => {
  const admin = await world.key('admin')
  for (const [path, status] of [
    [`/v1/lead/${old.lead}`, 404],
    [`/v1/decisions/${old.decision}/explain`, 404],
    [`/v1/lead/${fresh.lead}`, 200],
    ['/v1/lead', 200],
    ['/v1/inbox', 200],
    ['/v1/search?q=roof', 200],
    ['/v1/analytics/outcomes', 200],
    ['/ops/autonomy', 200],
    ['/v1/calibration', 200],
  ] as const) {
    const answer = await world.call(path, { key: admin })
    assert.equal(answer.status, status, `${path}: ${answer.text}`)
  }
  assert.equal((await world.call('/v1/lead')).data.items.length, 1)
  const next = await world.call('/v1/inbox/next', { body: {} })
  assert.equal(next.data.case.case_id, fresh.lead)
  const review = await world.call(`/v1/lead/${old.lead}/review-request`, { body: { reason: 'they asked for it' } })
  assert.equal(review.status, 404, review.text)
})

test('a late word on an old case is kept and says nothing to the evidence; the accounts balance', async () => {
  assert.equal((await world.call(`/v1/lead/${old.lead}/outcome`, { body: { outcome: 'ghosted' } })).status, 200)
  await world.app.refreshAutonomy()
  assert.equal(await rows('calibration_rows'), 0)
  const books = openConservation({
    db: world.app.db,
    clock: { monotonicMs: () => clock.getTime() },
    pods,
    metrics: new Registry(),
  })
  await runDirectly(books.tasks[0], clock, async () => ['acme'])
  assert.equal(books.lost(), 0)
  assert.equal((await verifyLedger(world.app.db, 'acme')).ok, true)
})
