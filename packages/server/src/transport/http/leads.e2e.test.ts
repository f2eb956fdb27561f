import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exampleModel } from '../../model/example-model.ts'
import { makeSigningKey, readSigningKey, signModel } from '../../model/signature.ts'
import { atDoor } from '../../testing/at-door.ts'
import { startWorld, type World } from '../../testing/start-world.ts'

const { text: signingText } = makeSigningKey()
const jane = { name: 'Jane Doe', phone: '612-555-1212', details: 'need an estimate' }
let world: World
let door: ReturnType<typeof atDoor>
test.before(async () => {
  const now = () => new Date('2026-03-10T12:00:00.000Z')
  world = await startWorld({ env: { MODEL_SIGNING_KEY: signingText }, now })
  door = atDoor(world)
  // Everything is .6996 likely: four decimals, of which three are shown.
  const model = exampleModel({ intercept: Math.log(0.6996 / 0.3004) })
  const taken = await door.post('/ops/reload-model', signModel(model, readSigningKey(signingText)))
  assert.equal(taken.statusCode, 200, taken.body)
  // Nothing is withheld here, whatever the draw of a lead.
  const open = await door.send('PUT', '/ops/settings/autonomy?apply=true', { hidden_share: 0 })
  assert.equal(open.statusCode, 200, open.body)
})
test.after(() => world[Symbol.asyncDispose]())

const newLead = async (over: object = {}): Promise<string> => {
  const answer = await door.post('/v1/lead', { ...jane, ...over })
  assert.equal(answer.statusCode, 200, answer.body)
  return answer.json().data.lead_id
}

test('a lead is recorded for the tenant of the key, whatever the body says, and answered with its decision', async () => {
  const answer = await door.post('/v1/lead', { ...jane, tenant: 'globex' }, { role: 'ingest' })
  assert.equal(answer.statusCode, 200)
  const { ok, request_id, data } = answer.json()
  assert.equal(ok, true)
  assert.equal(request_id, answer.headers['x-request-id'])
  assert.match(data.lead_id, /^L\d{13}-[0-9a-f]{6}$/)
  assert.equal(data.pred_prob, 0.7)
  assert.equal(data.intent, 'quote')
  assert.deepEqual(data.experiments, {})
  assert.deepEqual(data.ignored_fields, ['tenant'])
  const { state, reason, mode, certified, followups } = data.decision
  assert.deepEqual([state, reason, mode, certified, followups], ['queued', 'not_certified', 'certified', false, []])
  assert.equal('duplicate' in data, false)
  assert.equal((await door.get(`/v1/lead/${data.lead_id}`)).json().data.lead.tenant, 'acme')
  assert.equal((await door.get(`/v1/lead/${data.lead_id}`, { tenant: 'globex' })).statusCode, 404)
})

test('the same external_id again answers the first decision, marked as duplicate', async () => {
  const first = (await door.post('/v1/lead', { ...jane, external_id: 'crm-7' })).json().data
  const second = await door.post('/v1/lead', { ...jane, external_id: 'crm-7' })
  assert.equal(second.statusCode, 200, second.body)
  assert.deepEqual(second.json().data, { ...first, duplicate: true })
})

test('what the pod refuses is answered with one entry per field', async () => {
  const answer = await door.post('/v1/lead', { name: 'A' })
  assert.equal(answer.statusCode, 422)
  assert.equal(answer.json().code, 'validation_failed')
  assert.deepEqual(
    answer.json().errors.map((error: { path: string }) => error.path),
    ['name', 'phone'],
  )
})

test('messages and outcomes are of the lead of the path, whatever the body says', async () => {
  const [id, other] = [await newLead(), await newLead()]
  const message = await door.post(`/v1/lead/${id}/messages`, { role: 'user', text: 'hi', lead_id: other })
  assert.equal(message.statusCode, 200)
  assert.equal(message.json().data.lead_id, id)
  const outcome = await door.post(`/v1/lead/${id}/outcome`, { outcome: 'booked', lead_id: other })
  assert.deepEqual(outcome.json().data, {
    lead_id: id,
    outcome: 'booked',
    recorded_at: '2026-03-10T12:00:00.000Z',
    label: 1,
  })
  const kept = async (lead: string) => {
    const history = (await door.get(`/v1/lead/${lead}/history`)).json().data
    const texts = history.items.map((item: { text: string }) => item.text)
    return [history.lead_id, texts.includes('hi'), (await door.get(`/v1/lead/${lead}`)).json().data.outcomes.length]
  }
  assert.deepEqual(await kept(id), [id, true, 1])
  assert.deepEqual(await kept(other), [other, false, 0])
})

test('an outcome that is no word of the pod is 422 invalid_outcome', async () => {
  const answer = await door.post(`/v1/lead/${await newLead()}/outcome`, { outcome: 'callback' })
  assert.deepEqual([answer.statusCode, answer.json().code], [422, 'invalid_outcome'])
})

test('an unknown lead and a lead of another tenant get identical bodies', async () => {
  const id = await newLead()
  const none = id.replace(/.$/, last => (last === 'f' ? 'e' : 'f'))
  const asked = { tenant: 'globex', headers: { 'x-request-id': 'same' } }
  for (const path of ['', '/history']) {
    const foreign = await door.get(`/v1/lead/${id}${path}`, asked)
    const unknown = await door.get(`/v1/lead/${none}${path}`, asked)
    assert.equal(foreign.statusCode, 404)
    assert.equal(foreign.json().code, 'lead_not_found')
    assert.equal(foreign.body.replace(id, 'X'), unknown.body.replace(none, 'X'))
  }
  assert.equal((await door.get('/v1/lead/%00/history')).json().code, 'lead_not_found')
})

test('lists and single leads round the probability and show contacts masked', async () => {
  const id = await newLead()
  const list = (await door.get('/v1/lead?limit=200', { role: 'viewer' })).json().data
  const item = list.items.find((one: { id: string }) => one.id === id)
  assert.deepEqual([item.name, item.pred_prob, list.next], ['J*** D**', 0.7, null])
  const short = (await door.get('/v1/lead?limit=1')).json().data
  assert.deepEqual([short.items.length, typeof short.next], [1, 'string'])
  const one = (await door.get(`/v1/lead/${id}`)).json().data.lead
  assert.deepEqual([one.name, one.pred_prob], ['J*** D**', 0.7])
  const history = (await door.get(`/v1/lead/${id}/history`)).json().data
  assert.deepEqual([history.lead_id, history.items.length], [id, 1])
})

test('a limit that is zero, negative, too large, fractional or a word is 422 and names the field', async () => {
  const { get } = door
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
  for (const query of ['', '?q=', '?q=%20%20', `?q=${'x'.repeat(201)}`, '?q=a%00b']) {
    const answer = await door.get(`/v1/search${query}`)
    assert.deepEqual([answer.statusCode, answer.json().code], [422, 'validation_failed'], query)
  }
  const id = await newLead({ details: 'zinc gutter' })
  const found = (await door.get('/v1/search?q=gutter')).json().data
  assert.deepEqual([found.query, found.count, found.results[0].lead_id, found.only_newest], ['gutter', 1, id, null])
})

test('preview rounds the probability and checks its body', async () => {
  const shown = (await door.post('/v1/preview', { details: jane.details })).json().data
  assert.deepEqual([shown.intent, shown.pred_prob], ['quote', 0.7])
  for (const body of [{}, { details: 'x'.repeat(2001) }, { details: 'x', attributes: [] }, '[]']) {
    assert.equal((await door.post('/v1/preview', body)).json().code, 'validation_failed')
  }
})

test('the CSV is streamed as an attachment with its number of rows', async () => {
  const asked = { role: 'operator', tenant: 'exporter' } as const
  for (let i = 0; i < 3; i++) {
    const made = (await door.post('/v1/lead', jane, asked)).json().data
    await door.post(`/v1/lead/${made.lead_id}/outcome`, { outcome: 'booked' }, asked)
  }
  const csv = (query: string) => door.get(`/ops/export/outcomes.csv?${query}`, asked)
  const answer = await csv('limit=2&since=2026-01-01T00:00:00Z')
  assert.equal(answer.statusCode, 200)
  assert.equal(answer.headers['content-type'], 'text/csv; charset=utf-8')
  assert.equal(answer.headers['content-disposition'], 'attachment; filename="outcomes.csv"')
  assert.equal(answer.headers['x-total-rows'], '2')
  const lines = answer.body.split('\r\n')
  assert.equal(lines.length, 4)
  assert.match(lines[0] ?? '', /^lead_id,/)
  assert.match(lines[2] ?? '', /,booked,1,/)
  assert.equal(lines[3], '')
  assert.equal((await csv('since=2026-04-01T00:00:00Z')).headers['x-total-rows'], '0')
  for (const query of ['limit=0', 'since=yesterday', 'since=2026-01-01']) {
    assert.equal((await csv(query)).json().code, 'validation_failed', query)
  }
})
