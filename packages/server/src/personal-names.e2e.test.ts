// What a caller may choose freely beside its data: headers, paths and names. None of it is kept, or told, with personal data in it.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { heating } from '../../../tests/thermostats/pod.ts'
import { installed } from './pods.ts'
import { startWorld, type World } from './testing/start-world.ts'
import { rowsOf } from './testing/walk/tables.ts'

const phone = '612-206-0006'
const card = '4111-1111-1111-1111'
const email = 'jane.roe@example.com'

let world: World
let admin: string
test.before(async () => {
  world = await startWorld({ pods: [...installed.pods, heating] })
  admin = await world.key('admin')
})
test.after(() => world[Symbol.asyncDispose]())

const storedRaw = async (...values: readonly string[]): Promise<readonly string[]> =>
  [...(await rowsOf(world.app.db, 'acme', 'text'))].flatMap(([table, text]) =>
    values.filter(value => text.includes(value)).map(value => `${value} in ${table}`),
  )

test('a request id that is a phone number, a card or a social security number is replaced, any other is kept', async () => {
  const body = { action: '*', mode: 'asking', reason: 'a test' }
  for (const given of [phone, card, '135-45-1034', `call-${phone}`]) {
    const headers = { 'x-request-id': given }
    const answer = await world.call('/ops/mode', { key: admin, body, headers })
    assert.equal(answer.status, 200, answer.text)
    assert.ok(!answer.text.includes(given), answer.text)
    assert.match(answer.headers.get('x-request-id')!, /^[0-9a-f-]{36}$/)
    assert.ok(!(await world.call('/v1/nothing', { headers })).text.includes(given))
  }
  for (const given of [
    randomUUID(),
    '55cd818a-128f-4918-ae53-d6574653762c',
    'deploy-2026-11-29.3',
    '01JDQ5K0V6M3T2',
    '4bf92f3577b34da6a3ce929d0e0e4736',
  ]) {
    const answer = await world.call('/ops/mode', { key: admin, body, headers: { 'x-request-id': given } })
    assert.deepEqual([answer.headers.get('x-request-id'), answer.body.request_id], [given, given])
  }
  assert.deepEqual(await storedRaw(phone, card, '135-45-1034'), [])
})

test('what is a phone number in a request id is read with the country of the tenant', async () => {
  const headers = { 'x-request-id': '030-901820-12' }
  const ask = async () => (await world.call('/ops/settings/tenant', { key: admin, headers })).body.request_id
  assert.equal(await ask(), '030-901820-12')
  const country = (code: string) =>
    world.call('/ops/settings/tenant?apply=true', { key: admin, method: 'PATCH', body: { country: code } })
  assert.equal((await country('DE')).status, 200)
  assert.match(await ask(), /^[0-9a-f-]{36}$/)
  assert.equal((await country('US')).status, 200)
})

test('an Idempotency-Key and an answer that repeats names are kept without what is personal, and answered again as they were', async () => {
  const headers = { 'idempotency-key': `retry-of-${email}` }
  const body = { name: 'Jane Roe', email: 'j@example.net', [`call ${phone}`]: 1, consent: { [card]: true } }
  const first = await world.call('/v1/lead', { body, headers })
  assert.equal(first.status, 200, first.text)
  const again = await world.call('/v1/lead', { body, headers })
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
  assert.deepEqual(again.data, first.data)
  const lost = { ...headers, 'idempotency-key': `2-${email}` }
  const unknown = { event_id: 'e1', type: `call ${phone}`, occurred_at: '2026-03-01T10:00:00Z', data: {} }
  const refused = await world.call('/v1/events', { body: unknown, headers: lost })
  assert.equal(refused.status, 422)
  assert.match(refused.text, /no pod knows the event type .*\[PHONE:/)
  const repeated = await world.call('/v1/events', { body: unknown, headers: lost })
  assert.deepEqual({ ...repeated.body, request_id: '' }, { ...refused.body, request_id: '' })
  const found = await world.call(`/v1/lead/${encodeURIComponent(email)}/outcome`, {
    body: { outcome: 'booked' },
    headers: { 'idempotency-key': 'found' },
  })
  assert.deepEqual([found.status, found.body.instance], [404, '/v1/lead/redacted/outcome'])
  assert.deepEqual(await storedRaw(phone, card, email), [])
})

test('what is kept and shown as it was given is refused with something personal in it, by its place and without repeating it', async () => {
  const send = (method: string, path: string, body: object, more: object = {}) =>
    world.call(path, { key: admin, method, body, ...more })
  const { id } = (await send('POST', '/ops/keys', { role: 'viewer', name: 'board' })).data
  const model = { features: ['f'], encoders: { f: { kind: 'onehot', levels: [`${card}`] } } }
  const thermostat = (room: string) => ({ value: { code: 'T9', room, target: 20 } })
  const made = await send('POST', '/v1/entities/thermostat', thermostat('attic'))
  assert.equal(made.status, 200, made.text)
  const refused: readonly [string, string, object, string][] = [
    ['POST', '/ops/keys', { role: 'viewer', name: `of ${email}` }, 'name'],
    ['PATCH', `/ops/keys/${id}`, { name: `call ${phone}` }, 'name'],
    [
      'PUT',
      '/ops/settings/attributes?apply=true',
      { attributes: [{ name: email, kind: 'numeric' }] },
      'attributes.0.name',
    ],
    [
      'PATCH',
      '/ops/settings/policy?pod=table&apply=true',
      { columns: [{ name: card, kind: 'numeric' }] },
      'columns.0.name',
    ],
    ['PATCH', '/ops/settings/policy', { [`call ${phone}`]: 1 }, '(name 1)'],
    ['POST', '/ops/reload-model', model, 'encoders.f.levels.0'],
    ['POST', '/v1/entities/thermostat', thermostat(`of ${email}`), 'value.room'],
    ['PUT', '/v1/entities/thermostat/T9', { ...thermostat(`call ${phone}`), version: 1 }, 'value.room'],
  ]
  for (const [method, path, body, place] of refused) {
    const { status, body: problem, text } = await send(method, path, body)
    assert.deepEqual([status, problem.errors?.[0]?.path, problem.errors?.[0]?.code], [422, place, 'personal'], text)
    for (const value of [phone, card, email]) assert.ok(!text.includes(value), text)
  }
  const file = `code,room,target\nT1,hall,20\nT2,"call ${phone}",20\n${email},hall,20\n`
  const csv = { key: admin, raw: file, headers: { 'content-type': 'text/csv' } }
  const imported = await world.call('/v1/entities/thermostat/import', csv)
  assert.equal(imported.status, 422, imported.text)
  assert.deepEqual(
    imported.body.errors.map((error: { path: string; code: string }) => [error.path, error.code]),
    [
      ['rows.2.room', 'personal'],
      ['rows.3.code', 'personal'],
    ],
  )
  assert.ok(!imported.text.includes(phone) && !imported.text.includes(email), imported.text)
  assert.deepEqual(await storedRaw(phone, card, email), [])
})
