// Every place in which a caller gives a time, of every route and of every kind of event: nothing but 1970 to 2100 comes in.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { givenTimeWords, type Route, routes } from '@surety/contract'
import { heating } from '../../../tests/thermostats/pod.ts'
import { writeInboxCursor } from './manage/inbox/inbox-cursor.ts'
import { pods } from './pods.ts'
import { writeCursor } from './request/cursor.ts'
import { type Answer, type Call, startWorld, type World } from './testing/start-world.ts'

const hostile = [
  '0001-01-01T00:00:00Z',
  '0099-06-01T00:00:00Z',
  '1000-01-01T00:00:00Z',
  '1713-12-31T00:00:00Z',
  '1969-12-31T23:59:59Z',
  '2100-01-01T00:00:01Z',
  '9999-12-31T23:59:59Z',
  '+275760-09-13T00:00:00Z',
  '-271821-04-20T00:00:00Z',
  '2016-12-31T23:59:60Z',
  '2026-02-30T00:00:00Z',
  'NaN',
  'infinity',
  '1773136800',
]
const now = '2026-03-10T12:00:00Z'

let world: World
let leadId: string
test.before(async () => {
  world = await startWorld({ pods: [...pods, heating], now: () => new Date(now) })
  const { data } = await world.call('/v1/lead', { body: lead })
  leadId = data.lead_id
  await world.call(kind, { body: { value: room({ code: 'T1' }) } })
})
test.after(() => world[Symbol.asyncDispose]())

const lead = { name: 'Jane Doe', email: 'jane@example.com' }
const room = (more = {}) => ({ code: 'T2', room: 'attic', target: 20, tags: [], fitted: null, ...more })
const event = (type: string, data: object, at = now) => ({ event_id: `e-${at}`, type, occurred_at: at, data })
type Made = readonly [path: string, call?: Call]
const asked = (path: string): Made => [path]
const sent = (path: string, body: unknown, method = 'POST'): Made => [path, { body, method }]
const kind = '/v1/entities/thermostat'

const encoded = (path: string, query: string, at: string): Made => asked(`${path}?${query}=${encodeURIComponent(at)}`)
const csv = 'code,room,target,tags,fitted\nT2,attic,20,,'

/** How a request gives a time there, by the name of the route and of the field. */
const requests: { readonly [place: string]: (at: string) => Made } = {
  'createLead occurred_at': at => sent('/v1/lead', { ...lead, occurred_at: at }),
  'addMessage ts': at => sent(`/v1/lead/${leadId}/messages`, { role: 'user', text: 'Hello', ts: at }),
  'reportOutcome occurred_at': at => sent(`/v1/lead/${leadId}/outcome`, { outcome: 'booked', occurred_at: at }),
  'recordEvents occurred_at': at => sent('/v1/events', event('lead.created', lead, at)),
  'bulkAnswer older_than': at =>
    sent('/v1/inbox/bulk', { pod: 'customer-ops', query: { older_than: at }, answer: 'decline', reason: 'a test' }),
  'createKey expires_at': at => sent('/ops/keys', { role: 'viewer', name: 'one', expires_at: at }),
  'changeKey expires_at': at => sent('/ops/keys/000000000000', { expires_at: at }, 'PATCH'),
  'exportOutcomes since': at => encoded('/ops/export/outcomes.csv', 'since', at),
  'listEntities as_of': at => encoded(kind, 'as_of', at),
  'listEntities known_at': at => encoded(kind, 'known_at', at),
  'getEntity as_of': at => encoded(`${kind}/T1`, 'as_of', at),
  'getEntity known_at': at => encoded(`${kind}/T1`, 'known_at', at),
  'exportEntities as_of': at => encoded(`${kind}/export.csv`, 'as_of', at),
  'exportEntities known_at': at => encoded(`${kind}/export.csv`, 'known_at', at),
  'createEntity effective_from': at => sent(kind, { value: room(), effective_from: at }),
  'replaceEntity effective_from': at =>
    sent(`${kind}/T1`, { value: room({ code: 'T1' }), version: 1, effective_from: at }, 'PUT'),
  'endEntity effective_from': at => [
    `${kind}/T1?reason=gone&effective_from=${encodeURIComponent(at)}`,
    { method: 'DELETE' },
  ],
  'importEntities effective_from': at => [
    `${kind}/import?effective_from=${encodeURIComponent(at)}`,
    { raw: csv, headers: { 'content-type': 'text/csv' } },
  ],
  'lead.created occurred_at': at => sent('/v1/events', event('lead.created', { ...lead, occurred_at: at })),
  'lead.outcome occurred_at': at =>
    sent('/v1/events', event('lead.outcome', { lead_id: leadId, outcome: 'booked', occurred_at: at })),
  'message.received ts': at =>
    sent('/v1/events', event('message.received', { lead_id: leadId, role: 'user', text: 'Hello', ts: at })),
}

interface Place {
  readonly name: string
  readonly field: string
  readonly schema: { readonly description?: string; readonly format?: string }
}

/** Every field of what a caller sends, however deep. */
function fieldsOf(name: string, schema: object | undefined): readonly Place[] {
  if (schema === undefined) return []
  const {
    properties = {},
    anyOf = [],
    items,
  } = schema as {
    readonly properties?: { readonly [field: string]: object }
    readonly anyOf?: readonly object[]
    readonly items?: object
  }
  return [
    ...Object.entries(properties).flatMap(([field, of]) => [
      { name, field, schema: of as Place['schema'] },
      ...((of as { anyOf?: Place['schema'][] }).anyOf ?? []).map(one => ({ name, field, schema: one })),
      ...fieldsOf(name, of),
    ]),
    ...anyOf.flatMap(one => fieldsOf(name, one)),
    ...fieldsOf(name, items),
  ]
}
const all = [
  ...Object.entries(routes as { readonly [name: string]: Route }).flatMap(([name, { query, body }]) => [
    ...fieldsOf(name, query),
    ...fieldsOf(name, body?.schema),
  ]),
  ...pods.flatMap(pod => Object.entries(pod.kinds).flatMap(([name, { schema }]) => fieldsOf(name, schema))),
]
const takesTime = ({ schema }: Place) => schema.description?.includes(givenTimeWords) === true
const placeOf = ({ name, field }: Place) => `${name} ${field}`

test('what looks like a time that a caller gives says how it is read', () => {
  const looks = /(_at|_from|_until|_since|^since|^as_of|^known_at|^ts|_than)$/
  const known = new Set(all.filter(takesTime).map(placeOf))
  const silent = all
    .filter(({ schema, field }) => schema.format === 'date-time' || (looks.test(field) && !field.startsWith('probab')))
    .map(placeOf)
    .filter(place => !known.has(place))
  assert.deepEqual(silent, [])
})

test('whatever time is given anywhere, one outside 1970 to 2100 is 422 and names its field', async () => {
  const places = [...new Set(all.filter(takesTime).map(placeOf))]
  assert.deepEqual(
    places.toSorted(),
    Object.keys(requests).toSorted(),
    'each place is tried, and none that is not there',
  )
  const key = await world.key('admin')
  for (const [place, request] of Object.entries(requests)) {
    const field = place.split(' ')[1]!
    for (const at of hostile) {
      const [path, call] = request(at)
      const answer = await world.call(path, { ...call, key })
      assertRefused(answer, field, `${place} = ${at}`)
    }
  }
})

function assertRefused(answer: Answer, field: string, what: string): void {
  assert.equal(answer.status, 422, `${what}: ${answer.status} ${answer.text}`)
  const paths = answer.body.errors.map(({ path }: { path: string }) => path)
  assert.ok(
    paths.some((path: string) => path.split('.').at(-1) === field),
    `${what} names ${paths.join()}`,
  )
}

test('times within what is kept of an entity are held to the same, in JSON and in a file', async () => {
  for (const at of hostile) {
    assertRefused(await world.call(kind, { body: { value: room({ fitted: at }) } }), 'fitted', at)
    const visit = { thermostat: 'T1', engineer: 'E1', start: at, end: now }
    assertRefused(await world.call('/v1/entities/visit', { body: { value: visit } }), 'start', at)
    const file = await world.call(`${kind}/import`, { raw: `${csv}${at}`, headers: { 'content-type': 'text/csv' } })
    assert.match(file.text, /fitted/, at)
    assertRefused(file, 'fitted', at)
  }
})

test('a cursor that somebody made up with such a time is refused', async () => {
  const cursor = (list: string, place: (string | number)[]) => writeCursor('acme', list, place)
  for (const number of [-1, 8.64e15, 1e17, 1e300, 0.5, -62135596800000000]) {
    const lists = [
      `${kind}?cursor=${cursor('entities heating thermostat', [number, 1, 'T1'])}`,
      `${kind}?cursor=${cursor('entities heating thermostat', [1_000_000, number, 'T1'])}`,
      `/v1/models?cursor=${cursor('models', [number, 1, 'd', 'customer-ops', 'main'])}`,
    ]
    for (const path of lists) {
      const { status, text } = await world.call(path)
      assert.ok(status < 500, `${path} ${number}: ${text}`)
    }
  }
  const inbox = 'acme\ninbox\nurgency\ncustomer-ops'
  const place = { later: true, urgency: 1, draw: 0.5, caseId: 'L1' }
  const askInbox = (dueAt: string) =>
    world.call(`/v1/inbox?pod=customer-ops&order=urgency&cursor=${writeInboxCursor(inbox, { ...place, dueAt })}`)
  assert.equal((await askInbox('2026-03-10 12:00:00.123456+00')).status, 200)
  for (const due of ['9999999999', '2026-99-31 00:00:00+00', '0000-00-00 00:00:00+00', '2026-03-10 12:00:00+99'])
    assertRefused(await askInbox(due), 'cursor', due)
})
