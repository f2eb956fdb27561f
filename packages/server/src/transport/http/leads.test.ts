import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildHttp } from './http.ts'
import { keyOf, testConfig, testServices } from './testing-services.ts'

const json = { 'content-type': 'application/json' }

function world() {
  const inside = testServices()
  const app = buildHttp(inside.services, testConfig())
  const post = (url: string, body: unknown, role: 'ingest' | 'viewer' | 'operator' = 'operator', headers = {}) =>
    app.inject({
      method: 'POST',
      url,
      headers: { 'x-api-key': keyOf(role), ...json, ...headers },
      payload: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const get = (url: string, role: 'ingest' | 'viewer' | 'operator' = 'operator', tenant = 'acme') =>
    app.inject({ url, headers: { 'x-api-key': keyOf(role, tenant) } })
  return { ...inside, app, post, get }
}

test('a lead goes to the line as the tenant of the key and is answered with its decision', async () => {
  const { post, submitted } = world()
  const body = { name: 'Jane Doe', phone: '6125551212', tenant: 'globex' }
  const answer = await post('/v1/lead', body, 'ingest')
  assert.equal(answer.statusCode, 200)
  const { ok, request_id, data } = answer.json()
  assert.equal(ok, true)
  assert.equal(request_id, answer.headers['x-request-id'])
  assert.match(data.lead_id, /^L\d{13}-[0-9a-f]{6}$/)
  assert.equal(data.pred_prob, 0.7)
  assert.equal(data.intent, 'quote')
  assert.deepEqual(data.experiments, {})
  assert.deepEqual(
    [data.decision.state, data.decision.reason, data.decision.mode, data.decision.certified, data.decision.followups],
    ['queued', 'uncertain', 'certified', false, []],
  )
  assert.equal('duplicate' in data, false)
  assert.deepEqual(submitted, [{ tenant: 'acme', kind: 'lead.created', data: body }])
})

test('the same external_id again answers the first decision, marked as duplicate', async () => {
  const { post, submitted } = world()
  const first = (await post('/v1/lead', { name: 'Jane Doe', external_id: 'crm-7' })).json().data
  const second = await post('/v1/lead', { name: 'Jane Doe', external_id: 'crm-7' })
  assert.equal(second.statusCode, 200)
  assert.deepEqual(second.json().data, { ...first, duplicate: true })
  assert.equal(submitted[0]?.eventId, 'crm-7')
})
