import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openApi, type Route, routes } from '@surety/contract'
import { exampleModel } from '../../model/example-model.ts'
import { makeSigningKey, readSigningKey, signModel } from '../../model/signature.ts'
import { atDoor } from '../../testing/at-door.ts'
import { startWorld, type World } from '../../testing/start-world.ts'

const { text: signingText } = makeSigningKey()
const signed = (change: Parameters<typeof exampleModel>[0] = {}) =>
  signModel(exampleModel(change), readSigningKey(signingText))
let world: World
let door: ReturnType<typeof atDoor>
test.before(async () => {
  world = await startWorld({ env: { MODEL_SIGNING_KEY: signingText, METRICS_TOKEN: 'm-token' } })
  door = atDoor(world)
})
test.after(() => world[Symbol.asyncDispose]())

const open = (url: string, headers: { [name: string]: string } = {}) => door.get(url, { key: null, headers })
const scrape = async () => (await open('/metrics', { authorization: 'Bearer m-token' })).body

test('reload-model answers its two exact bodies, the refusal with its code in a header', async () => {
  const refused = await door.post('/ops/reload-model')
  assert.equal(refused.statusCode, 409)
  assert.equal(refused.headers['x-reject-code'], 'file_not_found')
  const { error, ...rest } = refused.json()
  assert.equal(error, 'Model file not found')
  assert.deepEqual(rest, { ok: false, auc: null, min_auc: 0.65, rejected: true })
  const accepted = await door.post('/ops/reload-model?min_auc=0.7', signed({ version: 7 }))
  assert.equal(accepted.statusCode, 200, accepted.body)
  const { load_time, ...said } = accepted.json()
  assert.equal(typeof load_time, 'number')
  assert.deepEqual(said, { ok: true, version: 7, auc: 0.78, n_train: 523, validated: true })
})

test('a candidate may be larger than 64 KiB, not larger than 5 MiB, and is an object', async () => {
  const { post } = door
  // As large as it is, it was read, and refused for what it is not.
  const large = await post('/ops/reload-model', { filler: 'x'.repeat(1_000_000) })
  assert.deepEqual([large.statusCode, large.json().rejected], [409, true])
  assert.equal((await post('/ops/reload-model', { filler: 'x'.repeat(5 * 1024 * 1024) })).statusCode, 413)
  for (const body of ['null', '[]', '7']) assert.equal((await post('/ops/reload-model', body)).statusCode, 422, body)
  assert.equal((await post('/ops/reload-model?min_auc=abc')).json().code, 'invalid_min_auc')
})

test('the caller, the reason and the request id of a reload are told to the audit log', async () => {
  const asked = { headers: { 'x-request-id': 'r1' } } as const
  const taken = await door.post('/ops/reload-model?min_auc=0.5&reason=%20trial%20', signed({ version: 8 }), asked)
  assert.equal(taken.statusCode, 200, taken.body)
  const { rows } = await world.app.db.transaction(['acme', '*'], db =>
    db.query<{ actor: string; reason: string }>(`select actor, reason from audit where request_id = 'r1'`),
  )
  const admin = await world.key('admin')
  assert.deepEqual(rows, [{ actor: `key:${admin.split('_')[1]}`, reason: 'trial' }])
})

test('model-status is exactly its ten fields, outside the envelope', async () => {
  const answer = await door.get('/ops/model-status', { role: 'viewer' })
  assert.equal(
    Object.keys(answer.json()).join(),
    'loaded,version,version_date,auc,n_train,load_time,age_hours,drift_score,health,conditions',
  )
})

test('rollback and retrain need a reason, in the query or in the body', async () => {
  for (const path of ['/ops/model/rollback', '/ops/retrain']) {
    assert.equal((await door.post(path)).json().code, 'reason_required')
    assert.equal((await door.post(`${path}?reason=%20`, {})).json().code, 'reason_required')
    assert.equal((await door.post(path, { reason: 7 })).json().code, 'validation_failed')
  }
  assert.equal((await door.post('/ops/reload-model', signed({ version: 9 }))).statusCode, 200)
  assert.equal((await door.post('/ops/model/rollback', { reason: 'drift' })).json().data.version, 8)
  assert.equal((await door.post('/ops/model/rollback?reason=drift')).json().data.version, 7)
  // Nothing was recorded yet that it could learn from: the verdict says so.
  assert.equal((await door.post('/ops/retrain', { reason: 'drift' })).json().data.accepted, false)
  assert.equal((await door.post('/ops/retrain?reason=drift')).json().data.accepted, false)
})

test('settings have four names, and only apply=true applies', async () => {
  const first = (await door.get('/ops/settings/policy')).json().data
  assert.equal(first.version, 0)
  assert.equal((await door.get('/ops/settings/nonsense')).statusCode, 404)
  const attributes = { attributes: [{ name: 'age', kind: 'numeric' }] }
  const put = async (query: string) => (await door.send('PUT', `/ops/settings/attributes${query}`, attributes)).json()
  const version = async () => (await door.get('/ops/settings/attributes')).json().data.version
  assert.equal((await put('')).data.applied, false)
  assert.equal(await version(), 0)
  assert.equal((await put('?apply=true')).data.applied, true)
  assert.equal(await version(), 1)
  assert.equal((await put('?apply=yes')).code, 'validation_failed')
  assert.equal((await door.send('PUT', '/ops/settings/policy', '[]')).statusCode, 422)
})

test('keys are made, listed, changed and deleted; each wrong field is named', async () => {
  const { get, post, send } = door
  const made = (await post('/ops/keys', { role: 'viewer', name: 'wall', expires_at: '2096-01-01T00:00:00Z' })).json()
    .data
  assert.deepEqual([made.tenant, made.role, made.enabled], ['acme', 'viewer', true])
  assert.equal((await get('/v1/lead', { key: made.key })).statusCode, 200)
  const listed = (await get('/ops/keys')).json().data
  assert.equal(listed.next, null)
  const { key: _secret, ...view } = made
  assert.deepEqual(
    listed.items.find((item: { id: string }) => item.id === made.id),
    view,
  )
  assert.equal((await send('PATCH', `/ops/keys/${made.id}`, { enabled: false })).json().data.enabled, false)
  assert.equal((await get('/v1/lead', { key: made.key })).statusCode, 401)
  assert.deepEqual((await send('DELETE', `/ops/keys/${made.id}`)).json().data, { id: made.id, deleted: true })
  assert.equal((await send('DELETE', `/ops/keys/${made.id}`)).json().code, 'key_not_found')
  const wrong: readonly [string, object][] = [
    ['role', { role: 'root', name: 'x' }],
    ['name', { role: 'viewer' }],
    ['limits.v1', { role: 'viewer', name: 'x', limits: { v1: 0 } }],
    ['expires_at', { role: 'viewer', name: 'x', expires_at: 'soon' }],
  ]
  for (const [path, body] of wrong) {
    const answer = await post('/ops/keys', body)
    assert.deepEqual([answer.statusCode, answer.json().errors[0].path], [422, path])
  }
  for (const body of [{}, { enabled: 'no' }, { rool: 1 }]) {
    assert.equal((await send('PATCH', `/ops/keys/${made.id}`, body)).statusCode, 422, JSON.stringify(body))
  }
})

test('health and readiness need no key and are exact', async () => {
  const health = await open('/healthz')
  assert.deepEqual([health.statusCode, health.body], [200, '{"ok":true}'])
  const ready = await open('/ready')
  assert.deepEqual([ready.statusCode, ready.body], [200, '{"ready":true}'])
  assert.equal((await world.app.http.inject({ method: 'HEAD', url: '/ready' })).statusCode, 200)
})

test('metrics without a token are refused to everybody in production and beyond this machine', async () => {
  for (const env of [{ PRODUCTION: 'true' }, { HOST: '0.0.0.0' }]) {
    await using shown = await startWorld({ env })
    for (const authorization of [undefined, 'Bearer ', 'Bearer null', 'Bearer undefined']) {
      const headers = authorization === undefined ? {} : { authorization }
      const answer = await shown.call('/metrics', { key: null, headers })
      assert.deepEqual([answer.status, answer.body.code], [401, 'authentication_required'], authorization)
      assert.match(answer.text, /METRICS_TOKEN/)
      assert.doesNotMatch(answer.text, /http_requests_total/)
    }
  }
})

test('metrics answer only to their token, count by pattern, exist at zero from the start, and hold no id', async () => {
  const asked = async (authorization?: string) =>
    (await open('/metrics', authorization === undefined ? {} : { authorization })).statusCode
  assert.deepEqual([await asked(), await asked('Bearer wrong'), await asked('m-token')], [401, 401, 401])
  assert.equal(await asked('Bearer m-token'), 200)
  const fresh = await scrape()
  assert.match(fresh, /http_requests_total\{method="POST",route="\/v1\/lead",status="200"\} 0/)
  assert.match(fresh, /errors_total\{code="lead_not_found",route="\/v1\/lead\/\{id\}"\} 0/)
  assert.match(fresh, /http_request_duration_seconds_count\{method="GET",route="\/v1\/search"\} 0/)
  await door.post('/v1/lead', { name: 'Jane Doe', phone: '612-555-1212' })
  await door.get('/v1/lead/secret-id')
  await open('/nowhere/secret-id')
  await door.send('PUT', '/v1/lead')
  const text = await scrape()
  assert.match(text, /http_requests_total\{method="POST",route="\/v1\/lead",status="200"\} 1/)
  assert.match(text, /http_requests_total\{method="GET",route="\/v1\/lead\/\{id\}",status="404"\} 1/)
  assert.match(text, /errors_total\{code="lead_not_found",route="\/v1\/lead\/\{id\}"\} 1/)
  assert.match(text, /errors_total\{code="not_found",route="unmatched"\} 1/)
  assert.match(text, /http_requests_total\{method="any",route="unmatched",status="405"\} 1/)
  assert.match(text, /http_request_duration_seconds_count\{method="POST",route="\/v1\/lead"\} 1/)
  assert.doesNotMatch(text, /secret-id/)
})

test('the reference page loads only files of this server, and each of them exists', async () => {
  const page = await open('/docs')
  assert.match(String(page.headers['content-type']), /^text\/html/)
  assert.match(String(page.headers['content-security-policy']), /script-src 'self'/)
  const files = [...page.body.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(match => match[1] ?? '')
  assert.ok(files.length >= 4)
  assert.doesNotMatch(page.body, /https?:\/\//)
  for (const file of files) assert.equal((await open(file)).statusCode, 200, file)
  assert.deepEqual((await open('/docs/openapi.json')).json(), openApi())
})

test('every route of the table is registered: asked with the wrong method it names the right one', async () => {
  for (const route of Object.values<Route>(routes)) {
    const url = route.path.replaceAll(/\{\w+\}/g, 'x')
    const answer = await world.app.http.inject({ method: 'PURGE' as 'GET', url })
    assert.equal(answer.statusCode, 405, route.path)
    assert.ok(String(answer.headers.allow).split(', ').includes(route.method), route.path)
  }
})
