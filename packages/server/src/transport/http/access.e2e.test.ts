import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Role, type Route, routes } from '@surety/contract'
import { atDoor } from '../../testing/at-door.ts'
import { raised, startWorld, type World } from '../../testing/start-world.ts'

let world: World
let door: ReturnType<typeof atDoor>
test.before(async () => {
  world = await startWorld()
  door = atDoor(world)
})
test.after(() => world[Symbol.asyncDispose]())

const everyRoute: readonly Route[] = Object.values(routes)
const keyed = everyRoute.filter(route => route.roles.length > 0)
const pathOf = (route: Route) => route.path.replaceAll(/\{\w+\}/g, 'x')

test('every route that asks for a key answers 401 without one, also with another header or in the query', async () => {
  const admin = await world.key('admin')
  assert.ok(keyed.length >= 20)
  for (const route of keyed) {
    for (const headers of [{}, { 'x-role': 'admin' }, { authorization: `Bearer ${admin}` }]) {
      const answer = await door.send(route.method, `${pathOf(route)}?api_key=${admin}`, undefined, {
        key: null,
        headers: { ...headers },
      })
      assert.deepEqual([answer.statusCode, answer.json().code], [401, 'authentication_required'], route.path)
    }
  }
})

test('every route refuses the roles that the table does not name, before it looks at the body', async () => {
  for (const route of keyed) {
    for (const role of ['ingest', 'device', 'viewer', 'operator', 'admin'] as const satisfies readonly Role[]) {
      const key = await world.key(role, 'acme', raised, ['pii'])
      const body = route.body === undefined ? undefined : '{broken'
      const answer = await door.send(route.method, pathOf(route), body, { key })
      const allowed = route.roles.includes(role)
      assert.equal(answer.statusCode === 403, !allowed, `${role} ${route.method} ${route.path}: ${answer.statusCode}`)
      if (!allowed) assert.equal(answer.json().code, 'forbidden')
      const unread = route.body?.type === undefined ? 'malformed_json' : 'unsupported_type'
      if (allowed && body !== undefined) assert.equal(answer.json().code, unread)
    }
  }
})

test('what takes a grant is refused without it, whatever the role', async () => {
  const made = await door.post('/v1/lead', { name: 'Jane Doe', email: 'a@example.com' })
  const url = `/v1/lead/${made.json().data.lead_id}/reveal`
  const body = { field: 'name', reason: 'calling back' }
  for (const role of ['viewer', 'operator', 'admin'] as const) {
    const bare = await world.key(role, 'acme', raised, ['fraud'])
    const answer = await door.post(url, body, { key: bare })
    assert.deepEqual([answer.statusCode, answer.json().code], [403, 'forbidden'])
    assert.match(answer.json().detail, /the grant pii/)
    const granted = await world.key(role, 'acme', raised, ['pii'])
    assert.equal((await door.post(url, body, { key: granted })).json().data.value, 'Jane Doe')
  }
})

test('unknown keys are refused with one wording and never echoed', async () => {
  const bodies = new Set<string>()
  for (const key of ['sty_unknown_secret', 'nonsense', 'sty_', 'x'.repeat(2000)]) {
    const asked = { key, headers: { 'x-request-id': 'same' }, remoteAddress: '10.0.1.1' }
    const answer = await door.get('/v1/lead', asked)
    assert.equal(answer.statusCode, 401)
    assert.equal(answer.json().code, 'invalid_api_key')
    assert.equal(JSON.stringify([answer.body, answer.headers]).includes(key), false)
    bodies.add(answer.body)
  }
  assert.equal(bodies.size, 1)
})

test('a platform key belongs to no tenant: it may work on models and keys, not on leads', async () => {
  assert.equal((await door.get('/v1/lead', { tenant: '*' })).json().code, 'forbidden')
  assert.equal((await door.get('/ops/model-status', { tenant: '*' })).statusCode, 200)
})

test('wrong keys are limited per address, and lock out no good key, seen before or not', async () => {
  const remoteAddress = '10.0.2.1'
  const wrong = (k: number) => door.get('/v1/lead', { key: `sty_guess${k}_x`, remoteAddress })
  for (let i = 0; i < 30; i++) assert.equal((await wrong(i)).statusCode, 401)
  const limited = await wrong(31)
  assert.deepEqual([limited.statusCode, limited.json().code], [429, 'rate_limited'])
  assert.match(limited.json().detail, /^too many requests/)
  assert.ok(Number(limited.headers['retry-after']) >= 1)
  assert.equal((await door.get('/v1/lead', { role: 'viewer', tenant: 'unseen', remoteAddress })).statusCode, 200)
  const elsewhere = await door.get('/v1/lead', { key: 'sty_guess_x', remoteAddress: '10.0.2.2' })
  assert.equal(elsewhere.statusCode, 401)
})

test('wrong secrets of one id are limited from whatever address, and its good key is let in', async () => {
  const good = await world.key('viewer')
  const id = good.slice(0, good.lastIndexOf('_'))
  const wrong = (k: number) => door.get('/v1/lead', { key: `${id}_no${k}`, remoteAddress: `10.0.3.${k}` })
  for (let k = 1; k <= 30; k++) assert.equal((await wrong(k)).statusCode, 401)
  assert.equal((await wrong(31)).statusCode, 429)
  assert.equal((await door.get('/v1/lead', { key: good })).statusCode, 200)
})

test('the open loopback is for callers on this machine that name it and come through no proxy', async () => {
  await using open = await startWorld({ env: { DEV_OPEN_LOOPBACK: 'true' } })
  const ask = async (headers: { [name: string]: string }, remoteAddress = '127.0.0.1') =>
    (await atDoor(open).get('/v1/lead', { key: null, headers: { host: 'localhost:8000', ...headers }, remoteAddress }))
      .statusCode
  assert.equal(await ask({}), 200)
  assert.equal(await ask({}, '::1'), 200)
  assert.equal(await ask({}, '10.0.0.9'), 401)
  assert.equal(await ask({ 'x-forwarded-for': '10.0.0.9' }), 401)
  assert.equal(await ask({ forwarded: 'for=10.0.0.9' }), 401)
  for (const name of [
    'via',
    'x-real-ip',
    'x-forwarded-host',
    'x-forwarded-proto',
    'cf-connecting-ip',
    'true-client-ip',
  ])
    assert.equal(await ask({ [name]: '10.0.0.9' }), 401, name)
  assert.equal(await ask({ host: 'evil.example' }), 401)
  assert.equal(await ask({ 'x-api-key': 'sty_wrong_key' }), 401)
})

test('the open loopback does nothing for a page of another origin, with or without a body; one of CORS_ORIGINS may ask', async () => {
  const env = { DEV_OPEN_LOOPBACK: 'true', CORS_ORIGINS: 'http://localhost:3000' }
  await using open = await startWorld({ env })
  const order = async (headers: { [name: string]: string }) => {
    const at = { key: null, headers: { host: 'localhost:8000', ...headers }, remoteAddress: '127.0.0.1' }
    return (await atDoor(open).post('/v1/inbox/next', {}, at)).statusCode
  }
  assert.equal(await order({}), 200)
  assert.equal(await order({ origin: 'http://localhost:8000', 'sec-fetch-site': 'same-origin' }), 200)
  assert.equal(await order({ origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' }), 200)
  for (const origin of ['https://evil.example', 'http://localhost:3001', 'https://localhost:8000', 'null'])
    assert.equal(await order({ origin }), 401, origin)
  for (const from of ['cross-site', 'same-site']) assert.equal(await order({ 'sec-fetch-site': from }), 401, from)
})

test('nothing between keeps an answer of the API, a refusal neither', async () => {
  const answers = [await door.get('/v1/lead'), await door.get('/v1/lead', { key: null }), await door.get('/nowhere')]
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [200, 401, 404],
  )
  for (const { headers } of answers) assert.equal(headers['cache-control'], 'no-store')
})

test('behind a listed proxy wrong keys are counted by the address that it names, and whoever is no proxy cannot name one', async () => {
  const proxy = '10.1.2.3'
  await using behind = await startWorld({ env: { TRUSTED_PROXIES: '10.0.0.0/8,::1' } })
  let guess = 0
  const wrong = async (remoteAddress: string, forwarded?: string) => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
    const asked = { key: `sty_guess${++guess}_x`, headers, remoteAddress }
    return (await atDoor(behind).get('/v1/lead', asked)).statusCode
  }
  for (let k = 0; k < 30; k++) assert.equal(await wrong(proxy, '203.0.113.1'), 401)
  assert.equal(await wrong(proxy, '203.0.113.1'), 429)
  assert.equal(await wrong(proxy, '203.0.113.2'), 401, 'somebody else behind the same proxy')
  assert.equal(
    await wrong(proxy, '203.0.113.2, 203.0.113.1'),
    429,
    'what a caller writes himself stands before what the proxy adds',
  )
  assert.equal(await wrong(proxy, '203.0.113.1, 10.9.9.9'), 429, 'two proxies in a row')
  assert.equal(await wrong('203.0.113.1'), 429, 'the same caller without the proxy')
  for (let k = 0; k < 30; k++) assert.equal(await wrong('198.51.100.7', `203.0.113.${k + 10}`), 401)
  assert.equal(await wrong('198.51.100.7', '203.0.113.99'), 429, 'its own address counts, whatever it writes')
})

test('without listed proxies nobody is believed, and a good key comes through a proxy however many wrong ones did', async () => {
  const through = (k: number) => ({ headers: { 'x-forwarded-for': `203.0.113.${k}` }, remoteAddress: '10.0.4.1' })
  const wrong = (k: number) => door.get('/v1/lead', { key: `sty_guess${k}_x`, ...through(k) })
  for (let k = 0; k < 30; k++) assert.equal((await wrong(k)).statusCode, 401)
  assert.equal((await wrong(30)).statusCode, 429)
  assert.equal((await door.get('/v1/lead', through(30))).statusCode, 200)
})
