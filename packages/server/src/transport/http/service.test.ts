import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openApi, type Route, routes } from '@surety/contract'
import { openTestDoor } from './testing-door.ts'

test('health and readiness need no key and are exact; without a database the service is not ready', async () => {
  const { app, services } = openTestDoor()
  const health = await app.inject('/healthz')
  assert.deepEqual([health.statusCode, health.body], [200, '{"ok":true}'])
  const ready = await app.inject('/ready')
  assert.deepEqual([ready.statusCode, ready.body], [200, '{"ready":true}'])
  assert.equal((await app.inject({ method: 'HEAD', url: '/ready' })).statusCode, 200)
  const answers = [async () => false, async () => Promise.reject(new Error('gone'))]
  for (const answer of answers) {
    Object.assign(services, { ready: answer })
    const not = await app.inject('/ready')
    assert.deepEqual([not.statusCode, not.json().code], [503, 'not_ready'])
    assert.ok(not.headers['retry-after'])
  }
})

test('metrics count by pattern, exist at zero from the start, and hold no id', async () => {
  const { app, get, post } = openTestDoor()
  const scrape = async () => (await app.inject('/metrics')).body
  const fresh = await scrape()
  assert.match(fresh, /http_requests_total\{method="POST",route="\/v1\/lead",status="200"\} 0/)
  assert.match(fresh, /errors_total\{code="lead_not_found",route="\/v1\/lead\/\{id\}"\} 0/)
  assert.match(fresh, /http_request_duration_seconds_count\{method="GET",route="\/v1\/search"\} 0/)
  await post('/v1/lead', { name: 'Jane Doe' })
  await get('/v1/lead/secret-id')
  await app.inject('/nowhere/secret-id')
  await app.inject({ method: 'PUT', url: '/v1/lead' })
  const text = await scrape()
  assert.match(text, /http_requests_total\{method="POST",route="\/v1\/lead",status="200"\} 1/)
  assert.match(text, /http_requests_total\{method="GET",route="\/v1\/lead\/\{id\}",status="404"\} 1/)
  assert.match(text, /errors_total\{code="lead_not_found",route="\/v1\/lead\/\{id\}"\} 1/)
  assert.match(text, /errors_total\{code="not_found",route="unmatched"\} 1/)
  assert.match(text, /http_requests_total\{method="any",route="unmatched",status="405"\} 1/)
  assert.match(text, /http_request_duration_seconds_count\{method="POST",route="\/v1\/lead"\} 1/)
  assert.doesNotMatch(text, /secret-id/)
})

test('with a token metrics answer only to it', async () => {
  const { app } = openTestDoor({ metricsToken: 'm-token' })
  const ask = async (authorization?: string) =>
    (await app.inject({ url: '/metrics', headers: authorization === undefined ? {} : { authorization } })).statusCode
  assert.deepEqual([await ask(), await ask('Bearer wrong'), await ask('m-token')], [401, 401, 401])
  assert.equal(await ask('Bearer m-token'), 200)
})

test('the reference page loads only files of this server, and each of them exists', async () => {
  const { app } = openTestDoor()
  const page = await app.inject('/docs')
  assert.match(String(page.headers['content-type']), /^text\/html/)
  assert.match(String(page.headers['content-security-policy']), /script-src 'self'/)
  const files = [...page.body.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(match => match[1] ?? '')
  assert.ok(files.length >= 4)
  assert.doesNotMatch(page.body, /https?:\/\//)
  for (const file of files) assert.equal((await app.inject(file)).statusCode, 200, file)
  assert.deepEqual((await app.inject('/docs/openapi.json')).json(), openApi())
})

test('every route of the table is registered: asked with the wrong method it names the right one', async () => {
  const { app } = openTestDoor()
  for (const route of Object.values<Route>(routes)) {
    const answer = await app.inject({ method: 'PURGE' as 'GET', url: route.path.replaceAll(/\{\w+\}/g, 'x') })
    assert.equal(answer.statusCode, 405, route.path)
    assert.ok(String(answer.headers.allow).split(', ').includes(route.method), route.path)
  }
})
