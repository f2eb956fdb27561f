import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { atDoor } from '../../testing/at-door.ts'
import { startWorld, type World } from '../../testing/start-world.ts'

let world: World
let door: ReturnType<typeof atDoor>
test.before(async () => {
  world = await startWorld({ now: () => new Date('2026-03-10T12:00:00.000Z') })
  door = atDoor(world)
})
test.after(() => world[Symbol.asyncDispose]())

const event = (over: object = {}) => ({
  event_id: randomUUID(),
  type: 'lead.created',
  occurred_at: '2026-03-10T12:00:00+01:00',
  data: { name: 'Jane Doe', phone: '612-555-1212' },
  ...over,
})

const stored = async () => {
  const { rows } = await world.app.db.transaction(['acme'], db =>
    db.query<{ event_id: string; occurred_at: Date }>('select event_id, occurred_at from events'),
  )
  return new Map(rows.map(row => [row.event_id, row.occurred_at.toISOString()]))
}

test('a single event answers 201, the same again 200 with duplicate:true, and keeps its own time', async () => {
  const body = event()
  const first = await door.post('/v1/events', body, { role: 'ingest' })
  assert.equal(first.statusCode, 201)
  const { data } = first.json()
  assert.deepEqual([data.event_id, data.status, data.decision.state], [body.event_id, 'recorded', 'queued'])
  assert.equal('duplicate' in data, false)
  const again = await door.post('/v1/events', body, { role: 'ingest' })
  assert.equal(again.statusCode, 200)
  assert.deepEqual(again.json().data, { ...data, status: 'duplicate', duplicate: true })
  assert.equal((await stored()).get(body.event_id), '2026-03-10T11:00:00.000Z')
})

test('an event id used with another payload is 409, an unknown type 422', async () => {
  const { post } = door
  const unknown = await post('/v1/events', event({ type: 'no.such' }))
  assert.deepEqual([unknown.statusCode, unknown.json().code], [422, 'unknown_kind'])
  const body = event()
  assert.equal((await post('/v1/events', body)).statusCode, 201)
  const conflict = await post('/v1/events', { ...body, data: { ...body.data, name: 'Jim Doe' } })
  assert.deepEqual([conflict.statusCode, conflict.json().code], [409, 'event_id_conflict'])
})

test('in a batch a bad item never spoils its neighbours, and results keep the order', async () => {
  const [first, second] = [event(), event()]
  const answer = await door.post('/v1/events', [
    first,
    event({ event_id: 'e2', occurred_at: 'yesterday' }),
    second,
    'nonsense',
    event({ event_id: 'e4', type: 'no.such' }),
    event({ event_id: 'e5', data: { name: 'A', phone: '612-555-1212' } }),
    first,
  ])
  assert.equal(answer.statusCode, 200)
  const { items } = answer.json().data
  assert.deepEqual(
    items.map((item: { event_id: string; status: string; code?: string }) => [item.event_id, item.status, item.code]),
    [
      [first.event_id, 'recorded', undefined],
      ['e2', 'rejected', 'validation_failed'],
      [second.event_id, 'recorded', undefined],
      [null, 'rejected', 'validation_failed'],
      ['e4', 'rejected', 'unknown_kind'],
      ['e5', 'rejected', 'validation_failed'],
      [first.event_id, 'duplicate', undefined],
    ],
  )
  assert.equal(items[1].errors[0].path, 'occurred_at')
  assert.equal(items[5].errors[0].path, 'name')
  assert.deepEqual((await door.post('/v1/events', [])).json().data, { items: [], next: null })
})

test('a batch of 1,000 is taken and one of 1,001 refused with nothing recorded', async () => {
  const before = (await stored()).size
  const batch = (count: number) => Array.from({ length: count }, () => event())
  assert.equal((await door.post('/v1/events', batch(1001))).statusCode, 422)
  assert.equal((await stored()).size, before)
  assert.equal((await door.post('/v1/events', batch(1000))).json().data.items.length, 1000)
  assert.equal((await stored()).size, before + 1000)
})

test('each wrong field of an event is named', async () => {
  const { occurred_at, type } = event()
  const wrong: readonly [string, object][] = [
    ['event_id', event({ event_id: '' })],
    ['event_id', event({ event_id: 'x'.repeat(129) })],
    ['event_id', event({ event_id: 7 })],
    ['event_id', event({ event_id: 'a\0b' })],
    ['event_id', { type, occurred_at, data: {} }],
    ['type', event({ type: null })],
    ['data', event({ data: [1] })],
    ['data', event({ data: 'x' })],
    ['occurred_at', event({ occurred_at: '2026-03-10T12:00:00' })],
    ['occurred_at', event({ occurred_at: '2026-02-30T12:00:00Z' })],
    ['occurred_at', event({ occurred_at: '2026-03-10' })],
    ['occurred_at', event({ occurred_at: 1730483820 })],
    ['occurred_at', event({ occurred_at: '2026-03-10T12:05:01Z' })],
  ]
  for (const [path, body] of wrong) {
    const answer = await door.post('/v1/events', body)
    assert.deepEqual([answer.statusCode, answer.json().errors?.[0]?.path], [422, path], JSON.stringify(body))
  }
  const ahead = await door.post('/v1/events', event({ occurred_at: '2026-03-10T12:05:00Z' }))
  assert.equal(ahead.statusCode, 201)
})

test('neither an ingest key nor a device may report outcomes through the common door, and is told of its own role', async () => {
  const lead = (await door.post('/v1/events', event())).json().data.case_id
  const outcome = () => event({ type: 'lead.outcome', data: { lead_id: lead, outcome: 'booked' } })
  const before = (await stored()).size
  for (const role of ['ingest', 'device'] as const) {
    const answer = await door.post('/v1/events', outcome(), { role })
    assert.equal(answer.statusCode, 403)
    assert.match(answer.json().detail, new RegExp(`role ${role}`))
    const batch = await door.post('/v1/events', [outcome()], { role })
    assert.equal(batch.json().data.items[0].code, 'forbidden')
  }
  assert.equal((await stored()).size, before)
  assert.equal((await door.post('/v1/events', outcome(), { role: 'operator' })).statusCode, 201)
})

test('a batch may be larger than 64 KiB and not larger than 5 MiB', async () => {
  const sized = (bytes: number) => [event({ data: { ...event().data, filler: 'x'.repeat(bytes) } })]
  const large = await door.post('/v1/events', sized(1_000_000))
  assert.deepEqual([large.statusCode, large.json().data.items[0].status], [200, 'recorded'])
  assert.equal((await door.post('/v1/events', sized(5 * 1024 * 1024))).statusCode, 413)
})
