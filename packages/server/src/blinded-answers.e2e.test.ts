// A case that a person is to judge unseen: what the machine thinks of it is in no answer that whoever judges it may ask for.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exampleModel } from './model/example-model.ts'
import { makeSigningKey, readSigningKey, signModel } from './model/signature.ts'
import { startWorld, type World } from './testing/start-world.ts'

const { text: signing } = makeSigningKey()
const details = 'need an estimate for a metal roof, twelve by nine metres, before the winter'
const event = {
  event_id: 'crm-7',
  type: 'lead.created',
  occurred_at: new Date().toISOString(),
  data: { name: 'Jane Doe', email: 'jane@example.com', details },
}
const again = { ...event.data, email: 'other@example.com', external_id: 'crm-8' }
/** The probability, as it is shown. */
let told: string

let world: World
let leadId: string
let decisionId: string
test.before(async () => {
  world = await startWorld({ env: { MODEL_SIGNING_KEY: signing } })
  const key = await world.key('admin')
  const model = signModel(exampleModel({ intercept: Math.log(0.85 / 0.15) }), readSigningKey(signing))
  const loaded = await world.call('/ops/reload-model', { body: model })
  assert.equal(loaded.status, 200, loaded.text)
  const path = '/ops/settings/autonomy?apply=true'
  assert.equal((await world.call(path, { key, method: 'PUT', body: { hidden_share: 1 } })).status, 200)
  const first = await world.call('/v1/events', { key: await world.key('ingest'), body: event })
  assert.equal(first.data.decision.reason, 'not_certified', first.text)
  leadId = first.data.case_id
  decisionId = first.data.decision.id
  const second = await world.call('/v1/lead', { key: await world.key('ingest'), body: again })
  told = String(second.data.pred_prob)
  assert.match(told, /^0\.\d{2,3}$/)
})
test.after(() => world[Symbol.asyncDispose]())

const preview = async (text: string) => (await world.call('/v1/preview', { body: { details: text } })).data
const answers = async (): Promise<readonly string[]> => {
  const paths = [
    `/v1/lead/${leadId}`,
    '/v1/lead',
    '/v1/inbox',
    '/v1/inbox?order=unlock',
    `/v1/decisions/${decisionId}/explain`,
    '/v1/search?q=roof',
    '/v1/alerts?state=all',
    '/v1/findings',
    '/ops/outbox',
    '/ops/export/outcomes.csv',
    '/ops/labels',
  ]
  const asked = await Promise.all(paths.map(async path => ({ path, text: (await world.call(path)).text })))
  return asked.filter(({ text }) => text.includes(told) || text.includes('not_certified')).map(({ path }) => path)
}

test('sent again by whoever answers the inbox, an event is known and what was decided is withheld; its sender is told', async () => {
  for (const role of ['operator', 'admin'] as const) {
    const key = await world.key(role)
    const one = await world.call('/v1/events', { key, body: event })
    const many = await world.call('/v1/events', { key, body: [event] })
    for (const { decision, decisions, duplicate, case_id } of [one.data, many.data.items[0]]) {
      assert.deepEqual([duplicate, case_id, decision.id], [true, leadId, decisionId])
      for (const { state, reason, threshold, interval, certified } of [decision, decisions[0]])
        assert.deepEqual([state, reason, threshold, interval, certified], ['withheld', 'withheld', null, null, null])
    }
    for (const { text } of [one, many]) assert.ok(!text.includes(told) && !text.includes('not_certified'), text)
  }
  const { data } = await world.call('/v1/events', { key: await world.key('ingest'), body: event })
  assert.deepEqual([data.duplicate, data.decision.reason], [true, 'not_certified'])
})

test('the lead endpoint says no more', async () => {
  const body = again
  const first = await world.call('/v1/lead', { key: await world.key('ingest'), body })
  assert.equal(String(first.data.pred_prob), told)
  const { data, text } = await world.call('/v1/lead', { body })
  assert.deepEqual(
    [data.duplicate, data.lead_id, data.pred_prob, data.model_version],
    [true, first.data.lead_id, null, null],
  )
  assert.deepEqual([data.decision.reason, data.decision.threshold], ['withheld', null])
  assert.ok(!text.includes(told), text)
})

test('no answer that shows a decision tells of it', async () => {
  assert.deepEqual(await answers(), [])
})

test('a preview of its text, or nearly its text, says nothing of the probability; one of another text does', async () => {
  for (const text of [details, details.toUpperCase(), `${details}, please`]) {
    const { pred_prob, model_version, interval, reason } = await preview(text)
    assert.deepEqual([pred_prob, model_version, interval, reason], [null, null, null, 'withheld'], text)
  }
  const other = await preview('my gutters leak over the garage door')
  assert.deepEqual([typeof other.pred_prob, other.reason], ['number', 'not_certified'])
})

test('once somebody has answered, all of them tell', async () => {
  for (;;) {
    const { data } = await world.call('/v1/inbox/next', { body: {} })
    if (data.case === null) break
    const answer = { answer: 'decline', lease_token: data.lease_token }
    assert.equal((await world.call(`/v1/inbox/${data.case.case_id}/answer`, { body: answer })).status, 200)
  }
  assert.equal((await world.call('/v1/events', { body: event })).data.decision.reason, 'not_certified')
  assert.equal((await preview(details)).reason, 'not_certified')
  assert.notEqual((await answers()).length, 0, 'the search of this test finds what is shown')
})
