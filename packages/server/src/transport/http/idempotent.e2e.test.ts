import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { atDoor } from '../../testing/at-door.ts'
import { startWorld, type World } from '../../testing/start-world.ts'

let world: World
let door: ReturnType<typeof atDoor>
test.before(async () => {
  world = await startWorld()
  door = atDoor(world)
})
test.after(() => world[Symbol.asyncDispose]())

const jane = { name: 'Jane Doe', phone: '612-555-1212' }
const key = (value: string) => ({ headers: { 'idempotency-key': value } })

const query = async <Row extends object>(text: string) =>
  (await world.app.db.owner.transaction(['acme'], db => db.query<Row>(text))).rows
const leads = async () => (await query<{ n: number }>('select count(*) as n from decisions'))[0]?.n
const newest = 'order by created_at desc limit 1'
const kept = () => query<{ key: string; status: number | null }>('select key, status from idempotency')
/** Words are kept as hashes: what a request keeps is what was not there before it. */
const keptSince = async (before: Awaited<ReturnType<typeof kept>>) =>
  (await kept()).filter(({ key }) => !before.some(row => row.key === key))

test('the same key and body answer the first answer, marked as replayed, with the id of the new request', async () => {
  const first = await door.post('/v1/lead', jane, key('k1'))
  const made = await leads()
  const again = await door.post('/v1/lead', `{"phone":"${jane.phone}",  "name":"Jane Doe"}`, key('k1'))
  assert.equal(first.headers['idempotency-replayed'], undefined)
  assert.equal(again.headers['idempotency-replayed'], 'true')
  assert.deepEqual([again.statusCode, again.json().data], [200, first.json().data])
  assert.equal(again.json().request_id, again.headers['x-request-id'])
  assert.notEqual(again.json().request_id, first.json().request_id)
  assert.equal(await leads(), made)
})

test('after a crash between commit and answer the retry finds the first lead by the event id of the key', async () => {
  // Whoever answers the inbox is not told again what is to be judged unseen.
  const asIngest = { ...key('crash'), role: 'ingest' } as const
  const first = (await door.post('/v1/lead', jane, asIngest)).json().data
  // What a process that died leaves behind: the key is taken, the lead is there, no answer was kept.
  await query(
    `update idempotency set status = null, body = null, locked_until = now() - interval '1 s'
      where key = (select key from idempotency ${newest})`,
  )
  const again = await door.post('/v1/lead', jane, asIngest)
  assert.equal(again.headers['idempotency-replayed'], undefined)
  assert.deepEqual(again.json().data, { ...first, duplicate: true })
})

test('the same key with another body or on another route is a mismatch', async () => {
  const { lead_id } = (await door.post('/v1/lead', jane, key('k2'))).json().data
  const other = await door.post('/v1/lead', { ...jane, name: 'Jim Doe' }, key('k2'))
  assert.deepEqual([other.statusCode, other.json().code], [422, 'idempotency_mismatch'])
  const elsewhere = await door.post(`/v1/lead/${lead_id}/messages`, jane, key('k2'))
  assert.equal(elsewhere.json().code, 'idempotency_mismatch')
})

test('a key in use answers 409, and tenants do not share keys', async () => {
  const holder = await world.app.db.connect()
  try {
    // The line has to wait for this lock before it can commit.
    await holder.query('begin')
    await holder.query('lock table event_keys in share mode')
    const before = await kept()
    const slow = door.post('/v1/lead', jane, key('slow')).then(answer => answer.statusCode)
    while ((await keptSince(before)).length === 0) await wait(5)
    const second = await door.post('/v1/lead', jane, key('slow'))
    assert.deepEqual([second.statusCode, second.json().code], [409, 'in_progress'])
    await holder.query('rollback')
    assert.equal(await slow, 200)
  } finally {
    await holder.end()
  }
  assert.equal((await door.post('/v1/lead', jane, { ...key('slow'), tenant: 'globex' })).statusCode, 200)
})

test('API keys do not share them: what one took stands in the way of no other', async () => {
  assert.equal((await door.post('/v1/lead', jane, { ...key('k3'), role: 'ingest' })).statusCode, 200)
  const stop = { action: '*', mode: 'stopped', reason: 'try' }
  assert.equal((await door.post('/ops/mode', stop, { ...key('k3'), role: 'operator' })).statusCode, 200)
})

test('a refusal of the fields is kept, an outage frees the key', async () => {
  const refused = await door.post('/v1/lead', { name: 'A' }, key('bad'))
  const again = await door.post('/v1/lead', { name: 'A' }, key('bad'))
  assert.deepEqual([refused.statusCode, again.statusCode], [422, 422])
  assert.equal(again.headers['idempotency-replayed'], 'true')
  assert.equal(again.headers['content-type'], 'application/problem+json; charset=utf-8')
  assert.equal(again.json().request_id, again.headers['x-request-id'])
  await query('alter table event_keys rename to event_keys_away')
  const failed = await door.post('/v1/lead', jane, key('k4'))
  await query('alter table event_keys_away rename to event_keys')
  assert.ok(failed.statusCode >= 500, failed.body)
  const later = await door.post('/v1/lead', jane, key('k4'))
  assert.deepEqual([later.statusCode, later.headers['idempotency-replayed']], [200, undefined])
})

test('a key that is empty, too long or not visible ASCII is refused by name', async () => {
  for (const bad of ['', 'x'.repeat(129), 'a b']) {
    const answer = await door.post('/v1/lead', jane, key(bad))
    assert.deepEqual([answer.statusCode, answer.json().errors[0].path], [422, 'idempotency-key'])
  }
})

test('the secret of a new key is never kept for a replay', async () => {
  const before = await kept()
  const made = await door.post('/ops/keys', { role: 'ingest', name: 'form' }, key('secret'))
  assert.equal(made.statusCode, 200)
  assert.deepEqual(await keptSince(before), [])
  const again = await door.post('/ops/keys', { role: 'ingest', name: 'form' }, key('secret'))
  assert.notEqual(again.json().data.key, made.json().data.key)
})

test('what cannot be kept changes no answer', async () => {
  await query('alter table idempotency add constraint keeps_nothing check (status is null) not valid')
  const before = await kept()
  const answer = await door.post('/v1/lead', jane, key('k5'))
  assert.deepEqual(
    (await keptSince(before)).map(row => row.status),
    [null],
  )
  await query('alter table idempotency drop constraint keeps_nothing')
  assert.equal(answer.statusCode, 200)
})
