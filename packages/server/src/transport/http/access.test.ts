import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Role, type Route, routes } from '@surety/contract'
import { openTestDoor } from './testing-door.ts'
import { keyOf } from './testing-services.ts'

const everyRoute: readonly Route[] = Object.values(routes)
const keyed = everyRoute.filter(route => route.roles.length > 0)
const pathOf = (route: Route) => route.path.replaceAll(/\{\w+\}/g, 'x')

test('every route that asks for a key answers 401 without one, also with another header or in the query', async () => {
  const { app } = openTestDoor()
  assert.ok(keyed.length >= 20)
  for (const route of keyed) {
    for (const headers of [{}, { 'x-role': 'admin' }, { authorization: `Bearer ${keyOf('admin')}` }]) {
      const url = `${pathOf(route)}?api_key=${keyOf('admin')}`
      const answer = await app.inject({ method: route.method, url, headers })
      assert.deepEqual([answer.statusCode, answer.json().code], [401, 'authentication_required'], route.path)
    }
  }
})

test('every route refuses the roles that the table does not name, before it looks at the body', async () => {
  const { send } = openTestDoor()
  for (const route of keyed) {
    for (const role of ['ingest', 'device', 'viewer', 'operator', 'admin'] as const satisfies readonly Role[]) {
      const body = route.body === undefined ? undefined : '{broken'
      const answer = await send(route.method, pathOf(route), body, { role })
      const allowed = route.roles.includes(role)
      assert.equal(answer.statusCode === 403, !allowed, `${role} ${route.method} ${route.path}: ${answer.statusCode}`)
      if (!allowed) assert.equal(answer.json().code, 'forbidden')
      if (allowed && body !== undefined) assert.equal(answer.json().code, 'malformed_json')
    }
  }
})

test('what takes a grant is refused without it, whatever the role', async () => {
  const { post, known, app } = openTestDoor()
  const bare: Role[] = ['viewer', 'operator', 'admin']
  for (const role of bare) known.set(`bare-${role}`, { ...known.get(keyOf(role))!, grants: ['fraud'] })
  const made = await post('/v1/lead', { name: 'Jane Doe', email: 'a@example.com' })
  const url = `/v1/lead/${made.json().data.lead_id}/reveal`
  const body = { field: 'name', reason: 'calling back' }
  for (const role of bare) {
    const headers = { 'x-api-key': `bare-${role}`, 'content-type': 'application/json' }
    const answer = await app.inject({ method: 'POST', url, headers, payload: JSON.stringify(body) })
    assert.deepEqual([answer.statusCode, answer.json().code], [403, 'forbidden'])
    assert.match(answer.json().detail, /the grant pii/)
    assert.equal((await post(url, body, { role })).json().data.value, 'Jane Doe')
  }
})

test('unknown keys are refused with one wording and never echoed', async () => {
  const { app } = openTestDoor()
  const bodies = new Set<string>()
  for (const key of ['sty_unknown_secret', 'nonsense', 'sty_', 'x'.repeat(2000)]) {
    const headers = { 'x-api-key': key, 'x-request-id': 'same' }
    const answer = await app.inject({ url: '/v1/lead', headers })
    assert.equal(answer.statusCode, 401)
    assert.equal(answer.json().code, 'invalid_api_key')
    assert.equal(JSON.stringify([answer.body, answer.headers]).includes(key), false)
    bodies.add(answer.body)
  }
  assert.equal(bodies.size, 1)
})

test('a platform key belongs to no tenant: it may work on models and keys, not on leads', async () => {
  const { get } = openTestDoor()
  assert.equal((await get('/v1/lead', { tenant: '*' })).json().code, 'forbidden')
  assert.equal((await get('/ops/model-status', { tenant: '*' })).statusCode, 200)
})

test('wrong keys are limited per address, and lock out no good key, seen before or not', async () => {
  const { app, get } = openTestDoor()
  const wrong = (k: number) => app.inject({ url: '/v1/lead', headers: { 'x-api-key': `sty_guess${k}_x` } })
  for (let i = 0; i < 30; i++) assert.equal((await wrong(i)).statusCode, 401)
  const limited = await wrong(31)
  assert.deepEqual([limited.statusCode, limited.json().code], [429, 'rate_limited'])
  assert.match(limited.json().detail, /^too many requests/)
  assert.ok(Number(limited.headers['retry-after']) >= 1)
  assert.equal((await get('/v1/lead', { role: 'viewer' })).statusCode, 200)
  const elsewhere = { url: '/v1/lead', headers: { 'x-api-key': 'sty_guess_x' }, remoteAddress: '10.0.0.9' }
  assert.equal((await app.inject(elsewhere)).statusCode, 401)
})

test('wrong secrets of one id are limited from whatever address, and its good key is let in', async () => {
  const { app, get } = openTestDoor()
  const id = keyOf('viewer').slice(0, keyOf('viewer').lastIndexOf('_'))
  const wrong = (k: number) =>
    app.inject({ url: '/v1/lead', headers: { 'x-api-key': `${id}_no${k}` }, remoteAddress: `10.0.0.${k}` })
  for (let k = 1; k <= 30; k++) assert.equal((await wrong(k)).statusCode, 401)
  assert.equal((await wrong(31)).statusCode, 429)
  assert.equal((await get('/v1/lead', { role: 'viewer' })).statusCode, 200)
})

test('the open loopback is for callers on this machine that name it and come through no proxy', async () => {
  const { app } = openTestDoor({ devOpenLoopback: true })
  const ask = async (headers: { [name: string]: string }, remoteAddress = '127.0.0.1') =>
    (await app.inject({ url: '/v1/lead', headers: { host: 'localhost:8000', ...headers }, remoteAddress })).statusCode
  assert.equal(await ask({}), 200)
  assert.equal(await ask({}, '::1'), 200)
  assert.equal(await ask({}, '10.0.0.9'), 401)
  assert.equal(await ask({ 'x-forwarded-for': '10.0.0.9' }), 401)
  assert.equal(await ask({ forwarded: 'for=10.0.0.9' }), 401)
  assert.equal(await ask({ host: 'evil.example' }), 401)
  assert.equal(await ask({ 'x-api-key': 'sty_wrong_key' }), 401)
})

test('production refuses to start with an open loopback or with CORS for everybody', () => {
  assert.throws(() => openTestDoor({ production: true, devOpenLoopback: true }), /DEV_OPEN_LOOPBACK/)
  assert.throws(() => openTestDoor({ production: true, corsOrigins: ['*'] }), /CORS/)
  assert.ok(openTestDoor({ production: true, corsOrigins: ['https://a.example'] }).app)
})

test('behind a listed proxy wrong keys are counted by the address that it names, and whoever is no proxy cannot name one', async () => {
  const proxy = '10.1.2.3'
  const { app } = openTestDoor({ trustedProxies: ['10.0.0.0/8', '::1'] })
  let guess = 0
  const wrong = async (remoteAddress: string, forwarded?: string) => {
    const headers = {
      'x-api-key': `sty_guess${++guess}_x`,
      ...(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }),
    }
    return (await app.inject({ url: '/v1/lead', headers, remoteAddress })).statusCode
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
  const { app, get } = openTestDoor()
  const wrong = (k: number) =>
    app.inject({ url: '/v1/lead', headers: { 'x-api-key': `sty_guess${k}_x`, 'x-forwarded-for': `203.0.113.${k}` } })
  for (let k = 0; k < 30; k++) assert.equal((await wrong(k)).statusCode, 401)
  assert.equal((await wrong(30)).statusCode, 429)
  assert.equal((await get('/v1/lead', { headers: { 'x-forwarded-for': '203.0.113.30' } })).statusCode, 200)
})

test('only a device holds the role device, and whoever may see a part of a tenant is never shown all of it', async () => {
  const { app, known } = openTestDoor()
  const admin = known.get(keyOf('admin'))!
  known.set('odd-device', { ...admin, kind: 'device' })
  known.set('odd-key', { ...known.get(keyOf('device'))!, kind: 'key' })
  known.set('session', { ...admin, kind: 'session' })
  known.set('part', { ...admin, kind: 'session', scope: { clients: [], sites: ['HQ'] } })
  const ask = async (key: string, method: 'GET' | 'POST' = 'GET', url = '/v1/lead') =>
    (await app.inject({ method, url, headers: { 'x-api-key': key } })).statusCode
  assert.equal(await ask('session'), 200)
  assert.equal(await ask('odd-device'), 403)
  assert.equal(await ask('odd-key', 'POST', '/v1/events'), 403)
  assert.equal(await ask('part'), 403)
})
