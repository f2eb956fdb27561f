import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDoor } from './testing-door.ts'

const event = {
  event_id: 'e1',
  type: 'lead.created',
  occurred_at: '2026-03-10T12:00:00+01:00',
  data: { name: 'Jane Doe' },
}

test('a single event answers 201, the same again 200 with duplicate:true, and keeps its own time', async () => {
  const { post, submitted } = openTestDoor()
  const first = await post('/v1/events', event, { role: 'ingest' })
  assert.equal(first.statusCode, 201)
  const { data } = first.json()
  assert.deepEqual([data.event_id, data.status, data.decision.state], ['e1', 'recorded', 'queued'])
  assert.equal('duplicate' in data, false)
  const again = await post('/v1/events', event)
  assert.equal(again.statusCode, 200)
  assert.deepEqual(again.json().data, { ...data, status: 'duplicate', duplicate: true })
  assert.equal(submitted[0]?.occurredAt?.toISOString(), '2026-03-10T11:00:00.000Z')
  assert.equal(submitted[0]?.tenant, 'acme')
})

test('an event id used with another payload is 409, an unknown type 422', async () => {
  const { post, services } = openTestDoor()
  const unknown = await post('/v1/events', { ...event, type: 'no.such' })
  assert.deepEqual([unknown.statusCode, unknown.json().code], [422, 'unknown_kind'])
  services.line.submit = async () => ({ status: 'rejected', code: 'event_id_conflict' })
  const conflict = await post('/v1/events', event)
  assert.deepEqual([conflict.statusCode, conflict.json().code], [409, 'event_id_conflict'])
})

test('in a batch a bad item never spoils its neighbours, and results keep the order', async () => {
  const { post } = openTestDoor()
  const answer = await post('/v1/events', [
    event,
    { ...event, event_id: 'e2', occurred_at: 'yesterday' },
    { ...event, event_id: 'e3' },
    'nonsense',
    { ...event, event_id: 'e4', type: 'no.such' },
    event,
  ])
  assert.equal(answer.statusCode, 200)
  const { items } = answer.json().data
  assert.deepEqual(
    items.map((item: { event_id: string; status: string; code?: string }) => [item.event_id, item.status, item.code]),
    [
      ['e1', 'recorded', undefined],
      ['e2', 'rejected', 'validation_failed'],
      ['e3', 'recorded', undefined],
      [null, 'rejected', 'validation_failed'],
      ['e4', 'rejected', 'unknown_kind'],
      ['e1', 'duplicate', undefined],
    ],
  )
  assert.equal(items[1].errors[0].path, 'occurred_at')
  assert.deepEqual((await post('/v1/events', [])).json().data, { items: [], next: null })
})

test('a batch of 1,000 is taken and one of 1,001 refused with nothing recorded', async () => {
  const { post, submitted } = openTestDoor()
  const batch = (count: number) => Array.from({ length: count }, (_, i) => ({ ...event, event_id: `b${i}` }))
  assert.equal((await post('/v1/events', batch(1001))).statusCode, 422)
  assert.equal(submitted.length, 0)
  assert.equal((await post('/v1/events', batch(1000))).json().data.items.length, 1000)
})

test('each wrong field of an event is named', async () => {
  const { post } = openTestDoor()
  const wrong: readonly [string, object][] = [
    ['event_id', { ...event, event_id: '' }],
    ['event_id', { ...event, event_id: 'x'.repeat(129) }],
    ['event_id', { ...event, event_id: 7 }],
    ['event_id', { ...event, event_id: 'a\0b' }],
    ['event_id', { type: event.type, occurred_at: event.occurred_at, data: {} }],
    ['type', { ...event, type: null }],
    ['data', { ...event, data: [1] }],
    ['data', { ...event, data: 'x' }],
    ['occurred_at', { ...event, occurred_at: '2026-03-10T12:00:00' }],
    ['occurred_at', { ...event, occurred_at: '2026-02-30T12:00:00Z' }],
    ['occurred_at', { ...event, occurred_at: '2026-03-10' }],
    ['occurred_at', { ...event, occurred_at: 1730483820 }],
    ['occurred_at', { ...event, occurred_at: '2026-03-10T12:05:01Z' }],
  ]
  for (const [path, body] of wrong) {
    const answer = await post('/v1/events', body)
    assert.deepEqual([answer.statusCode, answer.json().errors?.[0]?.path], [422, path], JSON.stringify(body))
  }
  assert.equal((await post('/v1/events', { ...event, occurred_at: '2026-03-10T12:05:00Z' })).statusCode, 201)
})

test('neither an ingest key nor a device may report outcomes through the common door, and is told of its own role', async () => {
  const { post, submitted } = openTestDoor()
  const outcome = { ...event, type: 'lead.outcome', data: { lead_id: 'L1', outcome: 'booked' } }
  for (const role of ['ingest', 'device'] as const) {
    const answer = await post('/v1/events', outcome, { role })
    assert.equal(answer.statusCode, 403)
    assert.match(answer.json().detail, new RegExp(`role ${role}`))
    const batch = await post('/v1/events', [outcome], { role })
    assert.equal(batch.json().data.items[0].code, 'forbidden')
  }
  assert.equal(submitted.length, 0)
})

test('a batch may be larger than 64 KiB and not larger than 5 MiB', async () => {
  const { post } = openTestDoor()
  const sized = (bytes: number) => [{ ...event, data: { name: 'Jane Doe', filler: 'x'.repeat(bytes) } }]
  assert.equal((await post('/v1/events', sized(1_000_000))).statusCode, 200)
  assert.equal((await post('/v1/events', sized(5 * 1024 * 1024))).statusCode, 413)
})
