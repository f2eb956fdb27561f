import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDoor } from './testing-door.ts'

test('reload-model answers its two exact bodies, the refusal with its code in a header', async () => {
  const { post } = openTestDoor()
  const refused = await post('/ops/reload-model')
  assert.equal(refused.statusCode, 409)
  assert.equal(refused.headers['x-reject-code'], 'file_not_found')
  assert.deepEqual(refused.json(), {
    ok: false,
    error: 'Model file not found',
    auc: null,
    min_auc: 0.65,
    rejected: true,
  })
  const accepted = await post('/ops/reload-model?min_auc=0.7', { schema: 1 })
  assert.equal(accepted.statusCode, 200)
  assert.deepEqual(accepted.json(), {
    ok: true,
    version: 1,
    auc: 0.78,
    n_train: 523,
    load_time: 1.5,
    validated: true,
  })
})

test('a candidate may be larger than 64 KiB, not larger than 5 MiB, and is an object', async () => {
  const { post } = openTestDoor()
  assert.equal((await post('/ops/reload-model', { filler: 'x'.repeat(1_000_000) })).statusCode, 200)
  assert.equal((await post('/ops/reload-model', { filler: 'x'.repeat(5 * 1024 * 1024) })).statusCode, 413)
  for (const body of ['null', '[]', '7']) assert.equal((await post('/ops/reload-model', body)).statusCode, 422, body)
  assert.equal((await post('/ops/reload-model?min_auc=abc')).json().code, 'invalid_min_auc')
})

test('the caller, the reason and the request id reach the service of models', async () => {
  const { post, services } = openTestDoor()
  const seen: unknown[] = []
  const { reload } = services.models
  services.models.reload = async (actor, input) => {
    seen.push([actor.role, input])
    return reload(actor, input)
  }
  const asked = { role: 'operator', headers: { 'x-request-id': 'r1' } } as const
  await post('/ops/reload-model?min_auc=0.5&reason=%20trial%20', undefined, asked)
  assert.deepEqual(seen, [['operator', { candidate: null, minAuc: '0.5', reason: 'trial', requestId: 'r1' }]])
})

test('model-status is exactly its ten fields, outside the envelope', async () => {
  const answer = await openTestDoor().get('/ops/model-status', { role: 'viewer' })
  assert.equal(
    Object.keys(answer.json()).join(),
    'loaded,version,version_date,auc,n_train,load_time,age_hours,drift_score,health,conditions',
  )
})

test('rollback and retrain need a reason, in the query or in the body', async () => {
  const { post } = openTestDoor()
  for (const path of ['/ops/model/rollback', '/ops/retrain']) {
    assert.equal((await post(path)).json().code, 'reason_required')
    assert.equal((await post(`${path}?reason=%20`, {})).json().code, 'reason_required')
    assert.equal((await post(path, { reason: 7 })).json().code, 'validation_failed')
    assert.equal((await post(path, { reason: 'drift' })).statusCode, 200)
    assert.equal((await post(`${path}?reason=drift`)).statusCode, 200)
  }
})

test('the CSV is streamed as an attachment with its number of rows', async () => {
  const { get } = openTestDoor()
  const answer = await get('/ops/export/outcomes.csv?limit=5000&since=2026-01-01T00:00:00Z')
  assert.equal(answer.statusCode, 200)
  assert.equal(answer.headers['content-type'], 'text/csv; charset=utf-8')
  assert.equal(answer.headers['content-disposition'], 'attachment; filename="outcomes.csv"')
  assert.equal(answer.headers['x-total-rows'], '5000')
  const lines = answer.body.split('\r\n')
  assert.deepEqual([lines.length, lines[0], lines[5000], lines[5001]], [5002, 'lead_id,outcome', 'L4999,booked', ''])
  for (const query of ['limit=0', 'since=yesterday', 'since=2026-01-01']) {
    assert.equal((await get(`/ops/export/outcomes.csv?${query}`)).json().code, 'validation_failed', query)
  }
})

test('settings have three names, and only apply=true applies', async () => {
  const { get, send } = openTestDoor()
  assert.deepEqual((await get('/ops/settings/policy')).json().data, { version: 0, value: {} })
  assert.equal((await get('/ops/settings/nonsense')).statusCode, 404)
  const put = async (query: string) =>
    (await send('PUT', `/ops/settings/attributes${query}`, { age: 'numeric' })).json()
  assert.deepEqual((await put('')).data, { applied: false })
  assert.deepEqual((await put('?apply=true')).data, { applied: true })
  assert.equal((await put('?apply=yes')).code, 'validation_failed')
  assert.equal((await send('PUT', '/ops/settings/policy', '[]')).statusCode, 422)
})

test('keys are made, listed, changed and deleted; each wrong field is named', async () => {
  const { get, post, send } = openTestDoor()
  const made = (await post('/ops/keys', { role: 'viewer', name: 'wall', expires_at: '2027-01-01T00:00:00Z' })).json()
    .data
  assert.deepEqual([made.key, made.id, made.tenant, made.role], ['sty_new_secret', 'new', 'acme', 'viewer'])
  assert.deepEqual((await get('/ops/keys')).json().data, { items: [], next: null })
  assert.equal((await send('PATCH', '/ops/keys/new', { enabled: false })).json().data.enabled, false)
  assert.deepEqual((await send('DELETE', '/ops/keys/new')).json().data, { id: 'new', deleted: true })
  assert.equal((await send('DELETE', '/ops/keys/other')).json().code, 'key_not_found')
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
    assert.equal((await send('PATCH', '/ops/keys/new', body)).statusCode, 422, JSON.stringify(body))
  }
})

test('preview checks its body here and rounds the probability', async () => {
  const { post } = openTestDoor()
  assert.deepEqual((await post('/v1/preview', { details: 'hi' })).json().data, { intent: 'quote', pred_prob: 0.123 })
  for (const body of [{}, { details: 'x'.repeat(2001) }, { details: 'x', attributes: [] }, '[]']) {
    assert.equal((await post('/v1/preview', body)).json().code, 'validation_failed')
  }
})
