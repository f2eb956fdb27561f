import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../../errors.ts'
import { openTestDoor } from './testing-door.ts'

const jane = { name: 'Jane Doe', phone: '6125551212' }
const key = (value: string) => ({ headers: { 'idempotency-key': value } })

test('the same key and body answer the first answer, marked as replayed, with the id of the new request', async () => {
  const { post, submitted } = openTestDoor()
  const first = await post('/v1/lead', jane, key('k1'))
  const again = await post('/v1/lead', '{"phone":"6125551212",  "name":"Jane Doe"}', key('k1'))
  assert.equal(first.headers['idempotency-replayed'], undefined)
  assert.equal(again.headers['idempotency-replayed'], 'true')
  assert.deepEqual([again.statusCode, again.json().data], [200, first.json().data])
  assert.equal(again.json().request_id, again.headers['x-request-id'])
  assert.equal(submitted.length, 1)
  assert.equal(submitted[0]?.eventId, 'idem-sty_adminacme k1')
})

test('the same key with another body or on another route is a mismatch', async () => {
  const { post } = openTestDoor()
  const { lead_id } = (await post('/v1/lead', jane, key('k1'))).json().data
  const other = await post('/v1/lead', { ...jane, name: 'Jim Doe' }, key('k1'))
  assert.deepEqual([other.statusCode, other.json().code], [422, 'idempotency_mismatch'])
  const elsewhere = await post(`/v1/lead/${lead_id}/messages`, jane, key('k1'))
  assert.equal(elsewhere.json().code, 'idempotency_mismatch')
})

test('a key in use answers 409, and tenants do not share keys', async () => {
  const { post, services } = openTestDoor()
  const begun = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const { submit } = services.line
  services.line.submit = async event => {
    begun.resolve()
    await release.promise
    return submit(event)
  }
  const slow = post('/v1/lead', jane, key('k1')).then(answer => answer.statusCode)
  await begun.promise
  const second = await post('/v1/lead', jane, key('k1'))
  assert.deepEqual([second.statusCode, second.json().code], [409, 'in_progress'])
  release.resolve()
  assert.equal(await slow, 200)
  assert.equal((await post('/v1/lead', jane, { ...key('k1'), tenant: 'globex' })).statusCode, 200)
})

test('API keys do not share them: what one took stands in the way of no other', async () => {
  const { post } = openTestDoor()
  assert.equal((await post('/v1/lead', jane, { ...key('k1'), role: 'ingest' })).statusCode, 200)
  const stop = { action: '*', mode: 'stopped', reason: 'try' }
  assert.equal((await post('/ops/mode', stop, { ...key('k1'), role: 'operator' })).statusCode, 200)
})

test('a refusal of the fields is kept, an outage frees the key', async () => {
  const { post, services } = openTestDoor()
  const refused = await post('/v1/lead', { name: 'A' }, key('bad'))
  const again = await post('/v1/lead', { name: 'A' }, key('bad'))
  assert.deepEqual([refused.statusCode, again.statusCode], [422, 422])
  assert.equal(again.headers['idempotency-replayed'], 'true')
  assert.equal(again.headers['content-type'], 'application/problem+json; charset=utf-8')
  assert.equal(again.json().request_id, again.headers['x-request-id'])
  const { submit } = services.line
  services.line.submit = async () => {
    throw new Problem('overloaded', undefined, { retryAfterSeconds: 7 })
  }
  const overloaded = await post('/v1/lead', jane, key('k2'))
  assert.deepEqual([overloaded.statusCode, overloaded.headers['retry-after']], [503, '7'])
  services.line.submit = submit
  const later = await post('/v1/lead', jane, key('k2'))
  assert.deepEqual([later.statusCode, later.headers['idempotency-replayed']], [200, undefined])
})

test('a key that is empty, too long or not visible ASCII is refused by name', async () => {
  const { post } = openTestDoor()
  for (const bad of ['', 'x'.repeat(129), 'a b']) {
    const answer = await post('/v1/lead', jane, key(bad))
    assert.deepEqual([answer.statusCode, answer.json().errors[0].path], [422, 'idempotency-key'])
  }
})

test('the secret of a new key is never kept for a replay', async () => {
  const { post, services } = openTestDoor()
  services.idempotency.begin = async () => {
    throw new Error('asked')
  }
  const answer = await post('/ops/keys', { role: 'ingest', name: 'form' }, key('k1'))
  assert.equal(answer.statusCode, 200)
})

test('what cannot be kept is logged and changes no answer', async () => {
  const { post, services } = openTestDoor()
  services.idempotency.finish = async () => {
    throw new Error('gone')
  }
  assert.equal((await post('/v1/lead', jane, key('k1'))).statusCode, 200)
})
