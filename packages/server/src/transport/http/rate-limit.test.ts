import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultRateLimits } from './http-config.ts'
import { rateLimiter } from './rate-limit.ts'
import { openTestDoor } from './testing-door.ts'

test('a window of one minute begins with its first request and is counted per caller and slot', () => {
  const limiter = rateLimiter(10)
  const at = 59_000
  assert.deepEqual(limiter.take('a', 's', 2, at), { allowed: true, limit: 2, remaining: 1, resetSeconds: 60 })
  assert.equal(limiter.take('a', 's', 2, at + 2000).allowed, true)
  assert.deepEqual(limiter.take('a', 's', 2, at + 2000), { allowed: false, limit: 2, remaining: 0, resetSeconds: 58 })
  assert.equal(limiter.take('b', 's', 2, at).allowed, true)
  assert.equal(limiter.take('a', 't', 2, at).allowed, true)
  assert.equal(limiter.take('a', 's', 2, at + 60_000).allowed, true)
})

test('only as many callers as the capacity are remembered', () => {
  const limiter = rateLimiter(2)
  for (const caller of ['a', 'b', 'c']) limiter.take(caller, 's', 1, 0)
  assert.equal(limiter.take('c', 's', 1, 1).allowed, false)
  assert.equal(limiter.take('a', 's', 1, 1).allowed, true, 'the first was forgotten')
})

test('ten quick calls to one /ops route meet the limit of five, with request id and headers; another route is counted apart', async () => {
  const { get } = openTestDoor({ limits: defaultRateLimits })
  const answers = []
  for (let i = 0; i < 10; i++) answers.push(await get('/ops/model-status', { headers: { 'x-request-id': `r-${i}` } }))
  assert.deepEqual(
    answers.map(answer => answer.statusCode),
    [200, 200, 200, 200, 200, 429, 429, 429, 429, 429],
  )
  const refused = answers[9]
  assert.ok(refused)
  assert.equal(refused.headers['x-request-id'], 'r-9')
  assert.equal(refused.json().request_id, 'r-9')
  assert.match(refused.json().detail, /^too many requests/)
  assert.ok(Number(refused.headers['retry-after']) > 50)
  assert.deepEqual([refused.headers['ratelimit-limit'], refused.headers['ratelimit-remaining']], ['5', '0'])
  assert.equal(answers[0]?.headers['ratelimit-remaining'], '4')
  assert.equal((await get('/ops/model-card')).statusCode, 200)
})

test('the rate is asked before the role', async () => {
  const { get } = openTestDoor({ limits: { ...defaultRateLimits, ops: 1 } })
  assert.equal((await get('/ops/keys', { role: 'viewer' })).statusCode, 403)
  assert.equal((await get('/ops/keys', { role: 'viewer' })).statusCode, 429)
})

test('a key may have limits of its own', async () => {
  const { get, known } = openTestDoor({ limits: defaultRateLimits })
  for (const [key, principal] of known) known.set(key, { ...principal, limits: { ops: 7 } })
  const answers = []
  for (let i = 0; i < 8; i++) answers.push((await get('/ops/model-status')).statusCode)
  assert.deepEqual(answers, [200, 200, 200, 200, 200, 200, 200, 429])
})
