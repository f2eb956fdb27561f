import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openApp } from './app.ts'
import { buildConfig } from './config/config.ts'
import { podsServed } from './pods.ts'
import { startWorld } from './testing/start-world.ts'

test('a name in PODS that no pod has stops the start with a sentence that lists the pods', async () => {
  await assert.rejects(openApp(buildConfig({ PODS: 'table, tables' })), {
    message: 'PODS must name pods of this installation (customer-ops, table); there is none called tables.',
  })
  assert.throws(() => podsServed(buildConfig({ PODS: ',' }).pods), /it names none/)
  assert.equal(podsServed(buildConfig({}).pods).length, 2)
})

test('where only the pod of tables is served its rows are taken in; leads have no routes and their events no pod', async () => {
  await using world = await startWorld({ env: { PODS: 'table' } })
  const lead = { name: 'Jane Doe', email: 'jane@example.com', details: 'A quote for a roof' }
  for (const [path, body] of [
    ['/v1/lead', lead],
    ['/v1/lead/L1/outcome', { outcome: 'booked' }],
    ['/ops/retrain', { reason: 'test' }],
  ] as const) {
    const { status, body: problem } = await world.call(path, { body })
    assert.deepEqual([status, problem.code], [404, 'not_found'], path)
  }
  for (const path of ['/ops/outbox', '/ops/model-status', '/v1/analytics/outcomes'])
    assert.equal((await world.call(path, { method: 'GET' })).status, 404, path)
  const occurred_at = new Date().toISOString()
  const event = (type: string, given: object) => ({ type, event_id: `e-${type}`, occurred_at, data: given })
  const { status, data } = await world.call('/v1/events', {
    body: [event('row.recorded', { row_id: 'r1', columns: { a: 1 } }), event('lead.created', lead)],
  })
  assert.equal(status, 200)
  assert.deepEqual(
    data.items.map((item: { status: string }) => item.status),
    ['recorded', 'rejected'],
  )
  // What is asked of all pods speaks of the one that is served.
  const { data: overview } = await world.call('/ops/autonomy')
  assert.doesNotMatch(JSON.stringify(overview), /customer-ops/)
})
