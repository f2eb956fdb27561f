import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { auditAfter } from '../../store/audit.ts'
import { verifyAudit } from '../audit/verify-audit.ts'
import { openEntityDoor } from './testing/entity-door.ts'

let clock = Date.parse('2026-03-10T12:00:00Z')
const hours = (n: number): number => n * 3_600_000
const door = await openEntityDoor(() => new Date(clock))
after(() => door[Symbol.asyncDispose]())
const { send, get } = door

const path = '/v1/entities/thermostat'
const kitchen = { code: 'T1', room: 'kitchen', target: 21 }
const stored = { ...kitchen, tags: [], fitted: null }
/** A time some hours after the start, as it is written in a query. */
const iso = (ms: number): string => new Date(ms).toISOString()

test('an entity is added, changed from a time on, ended, brought back; each state stays readable by both times', async () => {
  const start = clock
  const made = await send('POST', path, { value: kitchen })
  assert.equal(made.status, 200, made.text)
  assert.deepEqual(made.data, {
    pod: 'heating',
    kind: 'thermostat',
    id: 'T1',
    version: 1,
    effective_from: null,
    effective_until: null,
    value: stored,
    latest_version: 1,
    change: made.data.change,
    changed: true,
    ignored: [],
  })
  clock += hours(1)
  const warmer = { ...kitchen, target: 23 }
  const planned = await send('PUT', `${path}/T1`, { value: warmer, version: 1, effective_from: iso(start + hours(48)) })
  assert.deepEqual([planned.data.version, planned.data.effective_from], [2, iso(start + hours(48))])
  const colder = { ...kitchen, target: 19 }
  clock += hours(1)
  const now = await send('PUT', `${path}/T1`, { value: colder, version: 2, reason: 'told by ann@example.com' })
  assert.deepEqual([now.data.effective_from, now.data.effective_until], [iso(clock), iso(start + hours(48))])
  const targetAt = async (query: string) => (await get(`${path}/T1?${query}`)).data?.value.target ?? null
  assert.equal(await targetAt(''), 19)
  assert.equal(await targetAt(`as_of=${iso(start + hours(49))}`), 23)
  assert.equal(await targetAt(`as_of=${iso(start - hours(9000))}`), 21)
  assert.equal(await targetAt(`known_at=${iso(start + hours(1))}`), 21)
  assert.equal(await targetAt(`as_of=${iso(start + hours(49))}&known_at=${iso(start)}`), 21)
  assert.equal(await targetAt(`known_at=${iso(start - 1)}`), null)

  clock += hours(1)
  const ended = await send('DELETE', `${path}/T1?reason=broken%20ann@example.com&version=3`)
  assert.deepEqual([ended.data.ended_from, ended.data.latest_version, ended.data.changed], [iso(clock), 4, true])
  const after = clock
  assert.equal((await get(`${path}/T1`)).status, 404)
  assert.equal(await targetAt(`as_of=${iso(after + hours(100))}`), null, 'what was planned falls away')
  assert.equal(await targetAt(`as_of=${iso(after - 1)}`), 19)
  assert.equal(await targetAt(`as_of=${iso(after + hours(100))}&known_at=${iso(after - 1)}`), 23)
  clock += hours(1)
  const again = await send('DELETE', `${path}/T1?reason=again`)
  assert.deepEqual([again.data.changed, again.data.ended_from], [false, iso(after)])

  const history = (await get(`${path}/T1/history`)).data.items
  const line = ({ version, ended, value, actor, reason, effective_from }: (typeof history)[0]) => [
    version,
    ended,
    value.target,
    effective_from,
    actor,
    reason,
  ]
  assert.deepEqual(history.map(line), [
    [4, true, 19, iso(after), 'key:operatoracme', 'broken [email]'],
    [3, false, 19, iso(start + hours(2)), 'key:operatoracme', 'told by [email]'],
    [2, false, 23, iso(start + hours(48)), 'key:operatoracme', null],
    [1, false, 21, null, 'key:operatoracme', null],
  ])
  const undone = await send('PUT', `${path}/T1`, { value: history[2].value, version: 4 })
  assert.deepEqual([undone.data.version, undone.data.value.target], [5, 23])
  assert.equal(await targetAt(''), 23)
  const pages = []
  for (let next: string | null = ''; next !== null; ) {
    const page: typeof undone.data = (await get(`${path}/T1/history?limit=2${next === '' ? '' : `&cursor=${next}`}`))
      .data
    pages.push(page.items.map((one: { version: number }) => one.version))
    next = page.next
  }
  assert.deepEqual(pages, [[5, 4], [3, 2], [1]])
})

test('a change that somebody else was faster than is refused, and the same value again is no change', async () => {
  await send('POST', path, { value: { ...kitchen, code: 'T2' } })
  const twice = await send('POST', path, { value: { ...kitchen, code: 'T2' } })
  assert.deepEqual([twice.status, twice.body.code], [409, 'entity_exists'])
  const value = { ...kitchen, code: 'T2', target: 25 }
  const both = await Promise.all([1, 1].map(version => send('PUT', `${path}/T2`, { value, version })))
  assert.deepEqual(both.map(one => one.status).toSorted(), [200, 409])
  assert.match(both.find(one => one.status === 409)!.body.detail, /at version 2, you sent 1/)
  const same = await send('PUT', `${path}/T2`, { value: { ...value, room: ' kitchen ' }, version: 2 })
  assert.deepEqual([same.data.changed, same.data.latest_version], [false, 2])
  assert.equal((await send('PUT', `${path}/T99`, { value: { ...kitchen, code: 'T99' }, version: 1 })).status, 404)
  const other = await send('PUT', `${path}/T2`, { value: kitchen, version: 2 })
  assert.deepEqual(
    other.body.errors.map((one: { path: string }) => one.path),
    ['value.code'],
  )
})

test('a change made by a process whose clock is behind holds from the change before it on, and is not undone by that', async () => {
  await send('POST', path, { value: { ...kitchen, code: 'T5' } })
  clock += hours(1)
  await send('PUT', `${path}/T5`, { value: { ...kitchen, code: 'T5', target: 22 }, version: 1 })
  clock -= 5000
  const late = await send('PUT', `${path}/T5`, { value: { ...kitchen, code: 'T5', target: 23 }, version: 2 })
  assert.deepEqual([late.data.effective_from, late.data.effective_until], [iso(clock + 5000), null])
  clock += 6000
  assert.equal((await get(`${path}/T5`)).data.value.target, 23)
  clock -= 6000
  const ended = await send('DELETE', `${path}/T5?reason=x`)
  assert.equal(ended.data.ended_from, iso(clock + 5000))
  clock += 6000
})

test('an entity that should never have been there is gone from ever, and still known then', async () => {
  await send('POST', path, { value: { ...kitchen, code: 'T3' } })
  const known = clock
  clock += hours(1)
  const gone = await send('DELETE', `${path}/T3?reason=typo&effective_from=always`)
  assert.equal(gone.data.ended_from, null)
  assert.equal((await get(`${path}/T3?as_of=${iso(known)}`)).status, 404)
  assert.equal((await get(`${path}/T3?known_at=${iso(known)}`)).status, 200)
})

test('wrong fields are named with what is wanted; unknown ones are left out and listed', async () => {
  const wrong = await send('POST', path, { value: { code: 'T4', room: '  ', target: 99, kind: 'oven', tags: 'a' } })
  const shown = wrong.body.errors.map((one: { path: string; message: string }) => `${one.path} ${one.message}`)
  assert.equal(wrong.status, 422)
  assert.deepEqual(shown, [
    'value.room is required: a text',
    'value.target must be <= 30',
    'value.kind must be one of radiator, floor',
    'value.tags must be array',
  ])
  const ignored = await send('POST', path, { value: { ...kitchen, code: 'T4', colour: 'red' } })
  assert.deepEqual([ignored.data.ignored, Object.hasOwn(ignored.data.value, 'colour')], [['colour'], false])
  for (const code of ['a\u0007b', 'x'.repeat(41)])
    assert.equal((await send('POST', path, { value: { ...kitchen, code } })).status, 422)
  const long = await send('POST', path, { value: { ...kitchen, code: 'T4', room: 'r'.repeat(201) } })
  assert.match(long.body.errors[0].message, /a room of more than 200 characters/)
  const span = { thermostat: 'T1', engineer: 'E1', start: '2026-03-01T10:00:00+02:00', end: '2026-03-01T07:00:00Z' }
  const backwards = await send('POST', '/v1/entities/visit', { value: span })
  assert.match(backwards.body.errors[0].message, /must end after it begins/)
  const days = await send('POST', '/v1/entities/visit', { value: { ...span, end: '2026-03-02T10:00:00Z' } })
  assert.match(days.body.errors[0].message, /at most 8 hours/)
  const good = await send('POST', '/v1/entities/visit', { value: { ...span, end: '2026-03-01T10:00:00Z' } })
  assert.equal(good.data.id, 'T1~2026-03-01T08:00:00.000Z')
  assert.equal((await get(`/v1/entities/visit/${good.data.id}`)).data.value.start, '2026-03-01T08:00:00.000Z')
})

test('pages of a list show one moment and one knowledge, whatever changes between them', async () => {
  for (const code of ['P1', 'P2', 'P3']) await send('POST', path, { value: { ...kitchen, code } }, { tenant: 'paged' })
  const asked = { tenant: 'paged' }
  const first = (await get(`${path}?limit=2`, asked)).data
  clock += hours(1)
  await send('DELETE', `${path}/P3?reason=x`, undefined, asked)
  await send('POST', path, { value: { ...kitchen, code: 'P4' } }, asked)
  const second = (await get(`${path}?limit=2&cursor=${first.next}`, asked)).data
  const ids = ({ items }: { items: readonly { id: string }[] }) => items.map(one => one.id)
  assert.deepEqual([ids(first), ids(second), second.next], [['P1', 'P2'], ['P3'], null])
  assert.deepEqual([second.as_of, second.change], [first.as_of, first.change])
  assert.deepEqual(ids((await get(path, asked)).data), ['P1', 'P2', 'P4'])
  for (const cursor of ['x', first.next.slice(0, -2)])
    assert.equal((await get(`${path}?cursor=${cursor}`, asked)).status, 422)
  assert.equal((await get(`${path}?cursor=${first.next}`)).status, 422, 'of another tenant')
})

test('viewers read, operators write, devices do neither; another tenant finds nothing', async () => {
  assert.equal((await get(path, { role: 'viewer' })).status, 200)
  assert.equal((await get(path, { role: 'device' })).status, 403)
  for (const [method, url, body] of [
    ['POST', path, { value: kitchen }],
    ['PUT', `${path}/T1`, { value: kitchen, version: 5 }],
    ['DELETE', `${path}/T1?reason=x`, undefined],
  ] as const)
    assert.equal((await send(method, url, body, { role: 'viewer' })).status, 403)
  assert.equal((await send('POST', `${path}/import`, 'code\n', { role: 'viewer', csv: true })).status, 403)
  const foreign = { tenant: 'borg' }
  assert.deepEqual((await get(path, foreign)).data.items, [])
  assert.equal((await get(`${path}/T1`, foreign)).status, 404)
  assert.equal((await get(`${path}/T1/history`, foreign)).status, 404)
  assert.equal((await send('DELETE', `${path}/T1?reason=x`, undefined, foreign)).status, 404)
  assert.equal((await get(`${path}/export.csv`, foreign)).text.trim().split('\r\n').length, 1)
})

test('kinds are found by name; those that there are not are said to be unknown', async () => {
  const { items } = (await get('/v1/entities')).data
  assert.deepEqual(
    items.map((one: { kind: string; id: string[] }) => [one.kind, one.id]),
    [
      ['thermostat', ['code']],
      ['visit', ['thermostat', 'start']],
    ],
  )
  assert.deepEqual(items[0].columns[2], { name: 'target', wanted: 'a number', required: true })
  const unknown = await get('/v1/entities/boiler')
  assert.deepEqual([unknown.status, unknown.body.code], [404, 'entity_kind_not_found'])
  assert.match(unknown.body.detail, /thermostat, visit/)
  assert.equal((await get(`${path}?pod=cooling`)).status, 404)
  assert.equal((await get(`${path}?pod=heating`)).status, 200)
  for (const query of ['as_of=yesterday', 'known_at=2026-02-30T00:00:00Z', 'as_of=1700-01-01T00:00:00Z'])
    assert.equal((await get(`${path}?${query}`)).status, 422, query)
})

test('every change is in the audit log with digests, and with nothing of what an entity holds', async () => {
  await door.db.transaction(['acme'], async handle => {
    assert.equal((await verifyAudit(handle, 'acme')).ok, true)
    const entries = await auditAfter(handle, 'acme', 0, 100)
    const [first] = entries
    assert.deepEqual(
      [first?.action, first?.detail['kind'], first?.detail['version'], typeof first?.afterDigest],
      ['entity.created', 'thermostat', 1, 'string'],
    )
    const ends = entries.filter(one => one.action === 'entity.ended')
    assert.equal(ends[0]?.reason, 'broken [email]')
    const text = JSON.stringify(entries)
    for (const word of ['kitchen', 'ann@', '"T1"']) assert.ok(!text.includes(word), word)
  })
})
