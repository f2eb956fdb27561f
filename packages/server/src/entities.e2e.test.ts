import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heating } from '../../../tests/thermostats/pod.ts'
import { pods } from './pods.ts'
import { referenceChannel } from './store/entity-changes.ts'
import { startWorld } from './testing/start-world.ts'

const path = '/v1/entities/thermostat'
const value = { code: 'T1', room: 'kitchen', target: 21 }
const csv = { 'content-type': 'text/csv' }

test('reference data of a pod goes through the whole service: a request sent twice is done once, and others are told', async () => {
  await using world = await startWorld({ pods: [...pods, heating] })
  const told: (string | undefined)[] = []
  const listener = await world.app.db.connect()
  listener.on('notification', ({ payload }) => told.push(payload))
  await listener.query(`listen ${referenceChannel}`)
  const twice = async (url: string, call: object) => {
    const headers = { 'idempotency-key': `once-${url}`, ...('raw' in call ? csv : {}) }
    const first = await world.call(url, { ...call, headers })
    const second = await world.call(url, { ...call, headers })
    assert.equal(first.status, 200, first.text)
    assert.deepEqual(second.data, first.data)
    assert.equal(second.headers.get('idempotency-replayed'), 'true')
    return first.data
  }
  assert.equal((await twice(path, { body: { value } })).latest_version, 1)
  const changed = await twice(`${path}/T1`, { method: 'PUT', body: { value: { ...value, target: 22 }, version: 1 } })
  assert.equal(changed.latest_version, 2)
  const file = 'code;room;target\nT1;kitchen;23\nT2;hall;20\n'
  const imported = await twice(`${path}/import`, { raw: file })
  assert.deepEqual([imported.created, imported.changed], [1, 1])
  const other = await world.call(`${path}/import`, {
    raw: file.replace('23', '24'),
    headers: { ...csv, 'idempotency-key': `once-${path}/import` },
  })
  assert.equal(other.body.code, 'idempotency_mismatch')
  const ended = await world.call(`${path}/T2?reason=gone`, { method: 'DELETE' })
  assert.equal(ended.data.changed, true)
  const exported = await world.call(`${path}/export.csv`)
  assert.equal(exported.headers.get('content-disposition'), 'attachment; filename="thermostat.csv"')
  assert.equal(exported.text.split('\r\n')[1], 'T1,kitchen,23,,,,,,,')
  const versions = (await world.call(`${path}/T1/history`)).data.items.map((one: { version: number }) => one.version)
  assert.deepEqual(versions, [3, 2, 1])
  await listener.query('select 1')
  await listener.end()
  assert.deepEqual(told, ['acme', 'acme', 'acme', 'acme'])
  const stranger = await world.key('operator', 'globex')
  assert.deepEqual((await world.call(path, { key: stranger })).data.items, [])
})

test('a pod that is not served has no reference data', async () => {
  await using world = await startWorld({ pods: [...pods, heating], env: { PODS: 'table' } })
  assert.deepEqual((await world.call('/v1/entities')).data.items, [])
  assert.equal((await world.call(path)).status, 404)
})
