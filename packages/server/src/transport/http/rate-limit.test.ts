import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultRateLimits } from './http-config.ts'
import type { SliceRoutes } from './inside.ts'
import { rateLimiter } from './rate-limit.ts'
import { openTestDoor } from './testing-door.ts'

/** What is asked in these tests, answered with as little as the routes allow. */
const handlers: Partial<SliceRoutes> = {
  listLeads: async () => ({ items: [], next: null }),
  modelStatus: async () => ({
    loaded: false,
    version: null,
    version_date: null,
    auc: null,
    n_train: null,
    load_time: null,
    age_hours: null,
    drift_score: null,
    health: 'no_model',
    conditions: [],
  }),
  retrain: async () => ({ accepted: false }),
  setMode: async () => ({ items: [], as_of: '2026-03-10T12:00:00.000Z' }),
  exportOutcomes: async () => ({ body: 'lead_id,outcome\r\n', headers: { 'x-total-rows': '0' } }),
}

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

test('what may come at once is limited beside the minute, and comes back evenly', () => {
  const limiter = rateLimiter(10)
  const take = (now: number) => limiter.take('a', 's', 600, now, 100).allowed
  for (let i = 0; i < 100; i++) assert.equal(take(0), true)
  assert.deepEqual(limiter.take('a', 's', 600, 0, 100), { allowed: false, limit: 600, remaining: 0, resetSeconds: 1 })
  assert.equal(take(99), false)
  assert.equal(take(101), true, 'ten a second')
  let passed = 0
  for (let now = 200; now < 60_000; now += 50) if (take(now)) passed += 1
  assert.equal(passed + 101, 600, 'the burst is part of the minute')
})

test('reads are counted together over all routes: 600 a minute, at most 100 of them at once', async () => {
  const { get } = openTestDoor(handlers, { limits: defaultRateLimits })
  const answers = []
  for (let i = 0; i < 52; i++)
    for (const path of ['/ops/model-status', '/v1/lead'])
      answers.push(await get(path, { headers: { 'x-request-id': `r-${i}` }, role: 'viewer' }))
  const refused = answers.filter(answer => answer.statusCode !== 200)
  // A slow machine earns a few more meanwhile, ten a second.
  assert.equal(
    answers.slice(0, 100).every(answer => answer.statusCode === 200),
    true,
  )
  for (const answer of refused) {
    assert.equal(answer.statusCode, 429)
    assert.equal(answer.json().request_id, answer.headers['x-request-id'])
    assert.match(answer.json().detail, /^too many requests/)
    assert.equal(answer.headers['retry-after'], '1')
    assert.deepEqual([answer.headers['ratelimit-limit'], answer.headers['ratelimit-remaining']], ['600', '0'])
  }
  assert.equal(answers[0]?.headers['ratelimit-remaining'], '99')
})

test('writes under /ops are counted together, 30 a minute, and reads apart from them', async () => {
  const { post, get } = openTestDoor(handlers, { limits: defaultRateLimits })
  const answers = []
  for (let i = 0; i < 16; i++) {
    answers.push((await post('/ops/retrain', { reason: 'try' })).statusCode)
    answers.push((await post('/ops/mode', { action: '*', mode: 'asking', reason: 'try' })).statusCode)
  }
  assert.deepEqual(answers.slice(0, 30).includes(429), false)
  assert.deepEqual(answers.slice(30), [429, 429])
  assert.equal((await get('/ops/model-status')).statusCode, 200)
})

test('an order to stop is never limited, whatever was refused before it', async () => {
  const { post } = openTestDoor(handlers, { limits: { ...defaultRateLimits, ops: 5 } })
  const mode = (word: string, role: 'operator' | 'admin' = 'operator') =>
    post('/ops/mode', { action: '*', mode: word, reason: 'try' }, { role })
  const asked = []
  for (let i = 0; i < 7; i++) asked.push((await mode('asking')).statusCode)
  assert.deepEqual(asked.slice(5), [429, 429])
  for (let i = 0; i < 20; i++) assert.equal((await mode('stopped')).statusCode, 200)
  assert.equal((await mode('asking')).statusCode, 429)
})

test('a refusal of the role or of the body counts also where a stop does not, and the stop still comes through', async () => {
  const { post } = openTestDoor(handlers, { limits: { ...defaultRateLimits, ops: 5 } })
  const stop = { action: '*', mode: 'stopped', reason: 'try' }
  const refused = async (body: unknown, role: 'viewer' | 'operator') => {
    const answers = []
    for (let i = 0; i < 7; i++) answers.push((await post('/ops/mode', body, { role })).statusCode)
    return answers
  }
  assert.deepEqual(await refused(stop, 'viewer'), [403, 403, 403, 403, 403, 429, 429])
  assert.deepEqual(await refused({ ...stop, action: 7 }, 'operator'), [422, 422, 422, 422, 422, 429, 429])
  assert.equal((await post('/ops/mode', '{broken', { role: 'operator' })).statusCode, 429)
  assert.equal((await post('/ops/mode', stop, { role: 'operator' })).statusCode, 200)
})

test('exports are counted by themselves, 5 a minute, whatever else is read', async () => {
  const { get } = openTestDoor(handlers, { limits: defaultRateLimits })
  const answers = []
  for (let i = 0; i < 6; i++) answers.push((await get('/ops/export/outcomes.csv')).statusCode)
  assert.deepEqual(answers, [200, 200, 200, 200, 200, 429])
  assert.equal((await get('/ops/model-status')).statusCode, 200)
})

test('a key with a limit for /ops from before reads were counted by themselves keeps it there, and only there', async () => {
  const { get, known } = openTestDoor(handlers, { limits: defaultRateLimits })
  const answersOf = async (limits: { [group: string]: number }) => {
    for (const [key, principal] of known)
      known.set(key, { ...principal, keyId: `${principal.keyId}${Object.keys(limits)}`, limits })
    const answers = []
    for (let i = 0; i < 4; i++) answers.push((await get('/ops/model-status')).statusCode)
    return [...answers, (await get('/v1/lead')).statusCode, (await get('/ops/export/outcomes.csv')).statusCode]
  }
  assert.deepEqual(await answersOf({ ops: 3 }), [200, 200, 200, 429, 200, 200])
  assert.deepEqual(await answersOf({ ops: 3, reads: 10 }), [200, 200, 200, 200, 200, 200])
})

test('the rate is asked before the role', async () => {
  const { get } = openTestDoor(handlers, { limits: { ...defaultRateLimits, reads: 1 } })
  assert.equal((await get('/ops/keys', { role: 'viewer' })).statusCode, 403)
  assert.equal((await get('/ops/keys', { role: 'viewer' })).statusCode, 429)
})

test('a key may have limits of its own, and one for all of /v1 holds for what it reads', async () => {
  const { get, known } = openTestDoor(handlers, { limits: defaultRateLimits })
  for (const limits of [{ reads: 7 }, { v1: 7 }] as { [group: string]: number }[]) {
    for (const [key, principal] of known)
      known.set(key, { ...principal, keyId: `${principal.keyId}${Object.keys(limits)}`, limits })
    const answers = []
    for (let i = 0; i < 8; i++) answers.push((await get('/ops/model-status')).statusCode)
    assert.deepEqual(answers, [200, 200, 200, 200, 200, 200, 200, 429])
  }
})
