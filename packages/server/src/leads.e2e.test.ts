import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startWorld, type World } from './testing/start-world.ts'

let world: World
test.before(async () => {
  world = await startWorld()
})
test.after(() => world[Symbol.asyncDispose]())

const lead = (over: object = {}) => ({ name: 'Jane Doe', phone: '612-555-1212', details: 'metal roof', ...over })

test('fact 29: a valid lead is answered with its decision and listed with its last messages', async () => {
  const made = await world.call('/v1/lead', {
    body: lead({ details: 'URGENT: need an estimate for metal roof today' }),
  })
  assert.equal(made.status, 200)
  assert.match(made.data.lead_id, /^L\d{13}-[0-9a-f]{6}$/)
  assert.deepEqual(
    [made.data.intent, made.data.sentiment, made.data.urgency, made.data.score],
    ['quote', 'neutral', 'high', 0.8],
  )
  assert.equal(made.data.pred_prob, null)
  assert.equal(made.data.decision.state, 'queued')
  assert.equal(made.data.decision.reason, 'no_model')
  const list = await world.call('/v1/lead')
  const item = list.data.items.find((one: { id: string }) => one.id === made.data.lead_id)
  assert.ok(Array.isArray(item.last_messages))
  assert.equal(item.name, 'J*** D**')
  const detail = await world.call(`/v1/lead/${made.data.lead_id}`)
  assert.equal(detail.data.decision.id, made.data.decision.id)
})

test('fact 12: with enrichment off a lead is unknown, neutral, medium, 0.5 and queued enrichment_off', async () => {
  await using off = await startWorld({ env: { ENABLE_ENRICHMENT: 'false' } })
  const { data } = await off.call('/v1/lead', { body: lead({ details: 'URGENT: need an estimate' }) })
  assert.deepEqual([data.intent, data.sentiment, data.urgency, data.score], ['unknown', 'neutral', 'medium', 0.5])
  assert.deepEqual([data.decision.state, data.decision.reason], ['queued', 'enrichment_off'])
})

test('fact 30: name "A", phone "555", no phone and no email, details of 2001 characters are 422 each, one entry a field', async () => {
  for (const [body, path] of [
    [lead({ name: 'A' }), 'name'],
    [lead({ phone: '555' }), 'phone'],
    [{ name: 'Jane Doe' }, 'phone'],
    [lead({ details: 'x'.repeat(2001) }), 'details'],
  ] as const) {
    const answer = await world.call('/v1/lead', { body })
    assert.equal(answer.status, 422)
    assert.equal(answer.body.code, 'validation_failed')
    assert.deepEqual(
      answer.body.errors.map((error: { path: string }) => error.path),
      [path],
    )
  }
})

test('fact 31: the same idempotency key and body make one lead; another body is refused; unknown ids and limits too', async () => {
  const headers = { 'idempotency-key': 'k-1' }
  const first = await world.call('/v1/lead', { body: lead(), headers })
  const again = await world.call('/v1/lead', { body: lead(), headers })
  assert.equal(again.data.lead_id, first.data.lead_id)
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
  const other = await world.call('/v1/lead', { body: lead({ details: 'another' }), headers })
  assert.deepEqual([other.status, other.body.code], [422, 'idempotency_mismatch'])
  assert.equal((await world.call('/v1/lead/L0000000000000-000000/history')).status, 404)
  assert.equal((await world.call('/v1/lead?limit=0')).status, 422)
  await using forgetful = await startWorld({ env: { ENABLE_MEMORY: 'false' } })
  const made = await forgetful.call('/v1/lead', { body: lead() })
  const history = await forgetful.call(`/v1/lead/${made.data.lead_id}/history`)
  assert.deepEqual([history.status, history.data.items], [200, []])
})

test('fact 32: search finds words, nothing for nonsense, and a lead by its full phone in another format', async () => {
  const tenant = await world.key('operator', 'searcher')
  const ids: string[] = []
  for (const [details, phone] of [
    ['new metal roof', '612-555-0001'],
    ['solar panel on the garage', '612-555-0002'],
    ['metal siding', '612-555-0003'],
  ])
    ids.push((await world.call('/v1/lead', { key: tenant, body: lead({ details, phone }) })).data.lead_id)
  const metal = await world.call('/v1/search?q=metal', { key: tenant })
  assert.ok(metal.data.count >= 2)
  for (const result of metal.data.results) assert.ok(result.score > 0)
  assert.deepEqual((await world.call('/v1/search?q=zzzunheardof', { key: tenant })).data.results, [])
  const byPhone = await world.call(`/v1/search?q=${encodeURIComponent('(612) 555 0002')}`, { key: tenant })
  assert.deepEqual(
    byPhone.data.results.map((result: { lead_id: string }) => result.lead_id),
    [ids[1]],
  )
})

test('fact 28: of 101 messages the history holds 100, newest first', async () => {
  const { data } = await world.call('/v1/lead', { body: lead({ details: '' }) })
  for (let i = 1; i <= 101; i++)
    await world.call(`/v1/lead/${data.lead_id}/messages`, { body: { role: 'user', text: `message ${i}` } })
  const history = await world.call(`/v1/lead/${data.lead_id}/history?limit=100`)
  assert.equal(history.data.items.length, 100)
  assert.equal(history.data.items[0].text, 'message 101')
  assert.equal(history.data.items[99].text, 'message 2')
})

test('a message that was written before its lead stands behind what the lead wrote', async () => {
  const { data } = await world.call('/v1/lead', { body: lead({ details: 'the opening' }) })
  const path = `/v1/lead/${data.lead_id}`
  const say = (text: string, ts?: string) => world.call(`${path}/messages`, { body: { role: 'user', text, ts } })
  await say('long ago', '1970-01-02T00:00:00Z')
  await say('just now')
  const texts = (items: readonly { text: string }[]) => items.map(({ text }) => text)
  const history = await world.call(`${path}/history`)
  assert.deepEqual(texts(history.data.items), ['just now', 'the opening', 'long ago'])
  assert.deepEqual(texts((await world.call(`${path}/history?limit=2`)).data.items), ['just now', 'the opening'])
  assert.deepEqual(texts((await world.call(path)).data.lead.last_messages), ['just now', 'the opening', 'long ago'])
})

test('fact 13: what is stored and shown of a text is redacted', async () => {
  const { data } = await world.call('/v1/lead', { body: lead({ details: 'Call 612-555-1212 4242 4242 4242 4242' }) })
  const history = await world.call(`/v1/lead/${data.lead_id}/history`)
  assert.match(history.data.items[0].text, /^Call \[PHONE:[0-9a-f]{10}\] \[CARD:[0-9a-f]{10}\]$/)
  assert.deepEqual(Object.values(history.data.items[0].pii).sort(), ['CARD', 'PHONE'])
})

test('fact 54: rates count final labels only, and the latest outcome of a lead wins', async () => {
  const key = await world.key('operator', 'shop')
  const ids: string[] = []
  for (let i = 0; i < 4; i++) ids.push((await world.call('/v1/lead', { key, body: lead() })).data.lead_id)
  const report = (id: string | undefined, body: object) => world.call(`/v1/lead/${id}/outcome`, { key, body })
  assert.equal((await report(ids[0], { outcome: 'booked', time_to_conversion: 1800 })).data.label, 1)
  await report(ids[1], { outcome: 'ghosted' })
  await report(ids[2], { outcome: 'booked', time_to_conversion: 3600 })
  const three = (await world.call('/v1/analytics/outcomes', { key })).data
  assert.ok(Math.abs(three.conversion_rate - 2 / 3) < 1e-12)
  assert.equal(three.avg_time_to_conversion, 2700)
  assert.equal((await report(ids[3], { outcome: 'qualified' })).data.label, null)
  const four = (await world.call('/v1/analytics/outcomes', { key })).data
  assert.ok(Math.abs(four.conversion_rate - 2 / 3) < 1e-12)
  assert.equal(four.pending, 1)

  const single = await world.key('operator', 'single')
  const { data } = await world.call('/v1/lead', { key: single, body: lead() })
  for (const outcome of ['ghosted', 'booked'])
    await world.call(`/v1/lead/${data.lead_id}/outcome`, { key: single, body: { outcome } })
  const csv = await world.call('/ops/export/outcomes.csv', { key: single })
  const rows = csv.text.trim().split('\r\n')
  assert.equal(rows.length, 2)
  assert.match(rows[1] ?? '', /,booked,1,/)
  assert.equal(csv.headers.get('x-total-rows'), '1')
  assert.equal((await world.call('/v1/analytics/outcomes', { key: single })).data.total_outcomes, 1)
  assert.equal((await world.call(`/v1/lead/${data.lead_id}`, { key: single })).data.outcomes.length, 2)
})

test('fact 55: outcomes of an unknown lead, of other words and of negative times are refused', async () => {
  const { data } = await world.call('/v1/lead', { body: lead() })
  const path = `/v1/lead/${data.lead_id}/outcome`
  const unknown = await world.call('/v1/lead/FAKE_ID/outcome', { body: { outcome: 'booked' } })
  assert.deepEqual([unknown.status, unknown.body.code], [404, 'lead_not_found'])
  const word = await world.call(path, { body: { outcome: 'callback' } })
  assert.deepEqual([word.status, word.body.code], [422, 'invalid_outcome'])
  const negative = await world.call(path, { body: { outcome: 'booked', time_to_conversion: -1 } })
  assert.deepEqual([negative.status, negative.body.code], [422, 'validation_failed'])
})

test('fact 56: no key, a role in a header, a viewer who writes, and a key of another tenant', async () => {
  const { data } = await world.call('/v1/lead', { body: lead({ details: 'unmistakable walrus' }) })
  assert.equal((await world.call('/v1/lead', { key: null })).status, 401)
  assert.equal((await world.call('/v1/lead', { key: null, headers: { 'x-role': 'admin' } })).status, 401)
  const viewer = await world.key('viewer')
  assert.equal(
    (await world.call(`/v1/lead/${data.lead_id}/outcome`, { key: viewer, body: { outcome: 'booked' } })).status,
    403,
  )
  const foreign = await world.key('operator', 'tenant-b')
  const there = await world.call(`/v1/lead/${data.lead_id}`, { key: foreign })
  const nowhere = await world.call('/v1/lead/L0000000000000-000000', { key: foreign })
  assert.equal(there.status, 404)
  const bare = ({ code, title, detail, status }: { [key: string]: string }) => ({ code, title, detail, status })
  assert.deepEqual(bare(there.body), bare(nowhere.body))
  assert.equal((await world.call('/v1/search?q=walrus', { key: foreign })).data.count, 0)
  assert.equal((await world.call('/ops/export/outcomes.csv', { key: foreign })).headers.get('x-total-rows'), '0')
})

test('fact 57: at the limit calls are refused with a request id, and a given request id is echoed', async () => {
  const key = await world.key('operator', 'acme', {})
  const answers = await Promise.all(Array.from({ length: 300 }, () => world.call('/ops/model-status', { key })))
  const limited = answers.filter(answer => answer.status === 429)
  assert.ok(limited.length >= 1)
  assert.ok(limited[0]?.body.request_id)
  assert.match(limited[0]?.body.detail, /^too many requests/)
  assert.ok(Number(limited[0]?.headers.get('retry-after')) >= 1)
  const echoed = await world.call('/v1/lead', { body: lead(), headers: { 'x-request-id': 'abc-1' } })
  assert.equal(echoed.headers.get('x-request-id'), 'abc-1')
  assert.equal(echoed.body.request_id, 'abc-1')
})

test('events of every kind come in by POST /v1/events, one result an item, and a bad one spoils nothing', async () => {
  const occurred_at = '2026-01-02T03:04:05+01:00'
  const body = [
    { event_id: 'e-1', type: 'lead.created', occurred_at, data: lead() },
    { event_id: 'e-1', type: 'lead.created', occurred_at, data: lead() },
    { event_id: 'e-2', type: 'nonsense', occurred_at, data: {} },
    { event_id: 'e-3', type: 'lead.created', occurred_at: '2026-01-02T03:04:05', data: lead() },
  ]
  const answer = await world.call('/v1/events', { body })
  assert.equal(answer.status, 200)
  const results = answer.data.items ?? answer.data.results ?? answer.data
  assert.deepEqual(
    results.map((result: { result?: string; status?: string }) => result.result ?? result.status),
    ['recorded', 'duplicate', 'rejected', 'rejected'],
  )
  const single = await world.call('/v1/events', {
    body: { event_id: 'e-9', type: 'lead.created', occurred_at, data: lead() },
  })
  assert.equal(single.status, 201)
  const twice = await world.call('/v1/events', {
    body: { event_id: 'e-9', type: 'lead.created', occurred_at, data: lead() },
  })
  assert.equal(twice.status, 200)
  const conflict = await world.call('/v1/events', {
    body: { event_id: 'e-9', type: 'lead.created', occurred_at, data: lead({ details: 'changed' }) },
  })
  assert.deepEqual([conflict.status, conflict.body.code], [409, 'event_id_conflict'])
})

test('outcomes in one request with the cases they answer find them, however many batches that makes', async () => {
  const event = (event_id: string, type: string, data: object) => ({
    event_id,
    type,
    occurred_at: '2026-01-02T03:04:05Z',
    data,
  })
  const rows = Array.from({ length: 300 }, (_, i) =>
    event(`asks-${i}`, 'row.recorded', { row_id: `r${i}`, columns: {} }),
  )
  const answers = rows.map((_, i) => event(`answers-${i}`, 'row.outcome', { row_id: `r${i}`, label: i % 2 }))
  const stray = event('stray', 'row.outcome', { row_id: 'nobody', label: 1 })
  const { data } = await world.call('/v1/events', { body: [...rows, ...answers, stray] })
  const statuses: string[] = data.items.map((item: { status: string; code?: string }) => item.code ?? item.status)
  assert.deepEqual([statuses.filter(status => status === 'recorded').length, statuses.at(-1)], [600, 'case_not_found'])
})

test('what is recorded by a clock that was set back is seen all the same', async () => {
  let behindMs = 0
  await using other = await startWorld({ now: () => new Date(Date.now() - behindMs) })
  const { data } = await other.call('/v1/lead', { body: lead() })
  behindMs = 5_000
  assert.equal((await other.call(`/v1/lead/${data.lead_id}/outcome`, { body: { outcome: 'booked' } })).status, 200)
  const message = { role: 'user', text: 'See you on Monday.' }
  assert.equal((await other.call(`/v1/lead/${data.lead_id}/messages`, { body: message })).status, 200)
  const detail = (await other.call(`/v1/lead/${data.lead_id}`)).data
  assert.deepEqual([detail.lead.outcome, detail.outcomes.length], ['booked', 1])
  assert.equal((await other.call(`/v1/lead/${data.lead_id}/history`)).data.items[0].text, message.text)
  assert.match((await other.call('/ops/export/outcomes.csv')).text, /,booked,1,/)
  assert.equal((await other.call('/v1/analytics/outcomes')).data.conversion_rate, 1)
})

test('an answer of one pod never reaches a case of another', async () => {
  const { data } = await world.call('/v1/lead', { body: lead() })
  const answer = { row_id: data.lead_id, label: 1 }
  const event = { event_id: 'astray', type: 'row.outcome', occurred_at: '2026-01-02T03:04:05Z', data: answer }
  const { status, body } = await world.call('/v1/events', { body: event })
  assert.deepEqual([status, body.code], [404, 'case_not_found'])
  assert.equal((await world.call(`/v1/lead/${data.lead_id}`)).data.lead.outcome, null)
})

test("a sender's own word for an outcome is redacted before it is written, and no label of a metric", async () => {
  const event = (event_id: string, type: string, data: object) => ({
    event_id,
    type,
    occurred_at: '2026-01-02T03:04:05Z',
    data: { row_id: 'worded', ...data },
  })
  const word = 'won, see jane.roe@example.com'
  const { data } = await world.call('/v1/events', {
    body: [event('w1', 'row.recorded', { columns: {} }), event('w2', 'row.outcome', { label: 1, outcome: word })],
  })
  assert.match(data.items[1].outcome.outcome, /^won, see \[EMAIL:[0-9a-f]{10}\]$/)
  const { rows } = await world.app.db.transaction(['acme'], db =>
    db.query<{ outcome: string }>(`select outcome from outcomes where case_id = 'worded'`),
  )
  assert.deepEqual(rows, [{ outcome: data.items[1].outcome.outcome }])
  const metrics = await world.call('/metrics', { key: null })
  assert.doesNotMatch(metrics.text, /won, see/)
  assert.match(metrics.text, /lead_outcome_total\{outcome="positive",source="reported"\} \d/)
})

test('external_id is the event id: the same lead again is the same decision, another body a conflict', async () => {
  const first = await world.call('/v1/lead', { body: lead({ external_id: 'crm-7' }) })
  const again = await world.call('/v1/lead', { body: lead({ external_id: 'crm-7' }) })
  assert.equal(again.data.decision.id, first.data.decision.id)
  const other = await world.call('/v1/lead', { body: lead({ external_id: 'crm-7', details: 'other' }) })
  assert.deepEqual([other.status, other.body.code], [409, 'event_id_conflict'])
  const blanks = [lead({ external_id: '  ' }), lead({ external_id: '  ', details: 'of somebody else' })]
  for (const body of blanks) assert.equal((await world.call('/v1/lead', { body })).status, 200)
})

test('a preview shows enrichment and redaction and stores nothing', async () => {
  const before = (await world.call('/v1/analytics/outcomes')).data.total_leads
  const { status, data } = await world.call('/v1/preview', { body: { details: 'URGENT estimate, call 612-555-1212' } })
  assert.equal(status, 200)
  assert.equal(data.intent, 'quote')
  assert.match(JSON.stringify(data), /PHONE:/)
  assert.doesNotMatch(JSON.stringify(data), /555-1212/)
  assert.equal((await world.call('/v1/analytics/outcomes')).data.total_leads, before)
})

test('every lead that came in is counted once by its result, and what is no lead is not counted among them', async () => {
  await using other = await startWorld()
  const body = lead({ external_id: 'crm-1' })
  for (const sent of [body, body, lead({ external_id: 'crm-1', details: 'else' }), lead({ name: 'A' })])
    await other.call('/v1/lead', { body: sent })
  await other.call('/v1/lead/L0000000000000-000000/outcome', { body: { outcome: 'booked' } })
  await other.call('/v1/lead/L0000000000000-000000/outcome', { body: { outcome: 'lost' } })
  const { text } = await other.call('/metrics', { key: null })
  const counted = (result: string) => Number(text.match(`lead_ingested_total{result="${result}"} (\\d+)`)?.[1])
  assert.deepEqual([counted('accepted'), counted('duplicate'), counted('refused')], [1, 1, 2])
})

test('metrics balance and hold nothing personal', async () => {
  const { text, status } = await world.call('/metrics', { key: null })
  assert.equal(status, 200)
  assert.match(text, /^lead_conservation_imbalance 0$/m)
  assert.match(text, /^lead_ingested_total\{result="accepted"\} \d+$/m)
  assert.doesNotMatch(text, /Jane|555-|L\d{13}-/)
})
