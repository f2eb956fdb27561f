import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDoor } from './testing-door.ts'

const jane = { name: 'Jane Doe', phone: '6125551212' }

test('a lead goes to the line as the tenant of the key and is answered with its decision', async () => {
  const { post, submitted } = openTestDoor()
  const body = { ...jane, tenant: 'globex' }
  const answer = await post('/v1/lead', body, { role: 'ingest' })
  assert.equal(answer.statusCode, 200)
  const { ok, request_id, data } = answer.json()
  assert.equal(ok, true)
  assert.equal(request_id, answer.headers['x-request-id'])
  assert.match(data.lead_id, /^L\d{13}-[0-9a-f]{6}$/)
  assert.equal(data.pred_prob, 0.7)
  assert.equal(data.intent, 'quote')
  assert.deepEqual(data.experiments, {})
  const { state, reason, mode, certified, followups } = data.decision
  assert.deepEqual([state, reason, mode, certified, followups], ['queued', 'uncertain', 'certified', false, []])
  assert.equal('duplicate' in data, false)
  assert.deepEqual(submitted, [{ tenant: 'acme', kind: 'lead.created', data: body }])
})

test('the same external_id again answers the first decision, marked as duplicate', async () => {
  const { post, submitted } = openTestDoor()
  const first = (await post('/v1/lead', { ...jane, external_id: 'crm-7' })).json().data
  const second = await post('/v1/lead', { ...jane, external_id: 'crm-7' })
  assert.equal(second.statusCode, 200)
  assert.deepEqual(second.json().data, { ...first, duplicate: true })
  assert.equal(submitted[0]?.eventId, 'crm-7')
})

test('what the pod refuses is answered with one entry per field', async () => {
  const answer = await openTestDoor().post('/v1/lead', { name: 'A' })
  assert.equal(answer.statusCode, 422)
  assert.equal(answer.json().code, 'validation_failed')
  assert.deepEqual(
    answer.json().errors.map((error: { path: string }) => error.path),
    ['name'],
  )
})

test('messages and outcomes reach the line with the lead of the path, whatever the body says', async () => {
  const { post, submitted } = openTestDoor()
  const id = (await post('/v1/lead', jane)).json().data.lead_id
  const message = await post(`/v1/lead/${id}/messages`, { role: 'user', text: 'hi', lead_id: 'other' })
  assert.equal(message.statusCode, 200)
  assert.equal(message.json().data.lead_id, id)
  const outcome = await post(`/v1/lead/${id}/outcome`, { outcome: 'booked' })
  assert.deepEqual(outcome.json().data, {
    lead_id: id,
    outcome: 'booked',
    recorded_at: '2026-03-10T12:00:00.000Z',
    label: 1,
  })
  assert.deepEqual(
    submitted.slice(1).map(event => [event.kind, event.data]),
    [
      ['message.received', { role: 'user', text: 'hi', lead_id: id }],
      ['lead.outcome', { outcome: 'booked', lead_id: id }],
    ],
  )
})

test('an outcome that is no word of the pod is 422 invalid_outcome', async () => {
  const { post } = openTestDoor()
  const id = (await post('/v1/lead', jane)).json().data.lead_id
  const answer = await post(`/v1/lead/${id}/outcome`, { outcome: 'callback' })
  assert.deepEqual([answer.statusCode, answer.json().code], [422, 'invalid_outcome'])
})

test('an unknown lead and a lead of another tenant get identical bodies', async () => {
  const { post, get } = openTestDoor()
  const id = (await post('/v1/lead', jane)).json().data.lead_id
  const asked = { tenant: 'globex', headers: { 'x-request-id': 'same' } }
  for (const path of ['', '/history']) {
    const foreign = await get(`/v1/lead/${id}${path}`, asked)
    const unknown = await get(`/v1/lead/${id.replace(/.$/, 'f')}${path}`, asked)
    assert.equal(foreign.statusCode, 404)
    assert.equal(foreign.json().code, 'lead_not_found')
    assert.equal(foreign.body.replace(id, 'X'), unknown.body.replace(id.replace(/.$/, 'f'), 'X'))
  }
  assert.equal((await get('/v1/lead/%00/history')).json().code, 'lead_not_found')
})

test('lists round the probability on the wire and show contacts as the service hands them out, masked', async () => {
  const { post, get } = openTestDoor()
  const id = (await post('/v1/lead', jane)).json().data.lead_id
  const list = (await get('/v1/lead', { role: 'viewer' })).json().data
  assert.deepEqual(
    [list.items[0].id, list.items[0].name, list.items[0].pred_prob, list.next],
    [id, 'J*** D**', 0.7, null],
  )
  assert.equal((await get(`/v1/lead/${id}`)).json().data.lead.name, 'J*** D**')
  const history = (await get(`/v1/lead/${id}/history`)).json().data
  assert.deepEqual([history.lead_id, history.items.length], [id, 1])
})

test('a limit that is zero, negative, too large, fractional or a word is 422 and names the field', async () => {
  const { get } = openTestDoor()
  const bad = ['0', '-1', '1.5', 'abc', '', '1e2', '0x10', '201', '9999999999999999999', '5&limit=6']
  for (const limit of bad) {
    const answer = await get(`/v1/lead?limit=${limit}`)
    assert.deepEqual([answer.statusCode, answer.json().code], [422, 'validation_failed'], limit)
    assert.equal(answer.json().errors[0].path, 'limit')
  }
  for (const limit of ['1', '200']) assert.equal((await get(`/v1/lead?limit=${limit}`)).statusCode, 200)
  assert.equal((await get('/v1/search?q=metal&limit=51')).statusCode, 422)
  assert.equal((await get('/v1/analytics/outcomes?limit=10001')).statusCode, 422)
})

test('search needs a query of 1 to 200 characters that is not blank', async () => {
  const { get } = openTestDoor()
  for (const query of ['', '?q=', '?q=%20%20', `?q=${'x'.repeat(201)}`, '?q=a%00b']) {
    const answer = await get(`/v1/search${query}`)
    assert.deepEqual([answer.statusCode, answer.json().code], [422, 'validation_failed'], query)
  }
  const found = (await get('/v1/search?q=metal')).json().data
  assert.deepEqual([found.query, found.count, found.results[0].lead_id, found.only_newest], ['metal', 1, 'L1', 20_000])
})
