import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startWorld, type World } from './testing/start-world.ts'

let world: World
test.before(async () => {
  world = await startWorld()
})
test.after(() => world[Symbol.asyncDispose]())

const scrape = async () => (await world.call('/metrics', { key: null })).text
const asked = (text: string) => Number(/^inbox_open\{pod="customer-ops",question="main"\} (\d+)$/m.exec(text)?.[1])

test('a scrape answers from memory: while nobody can read a table, and with what was read before', async () => {
  const lead = { name: 'Jane Doe', email: 'jane@example.com', details: 'a quote please' }
  assert.equal((await world.call('/v1/lead', { body: lead })).status, 200)
  await world.app.refreshFigures()
  assert.equal(asked(await scrape()), 1)
  const holder = await world.app.db.owner.connect()
  try {
    await holder.query('begin')
    await holder.query(
      `lock table inbox, certificates, action_states, tripwires, active_models, tenant_directory in access exclusive mode`,
    )
    const late = wait(20_000, null, { ref: false })
    const text = await Promise.race([scrape(), late])
    assert.ok(text !== null, 'the scrape waited for the database')
    assert.equal(asked(text), 1)
    for (const name of ['autonomy_certified', 'lead_model_version', 'lead_conservation_imbalance', 'decision_state'])
      assert.match(text, new RegExp(`^# TYPE ${name} gauge$`, 'm'))
  } finally {
    await holder.end()
  }
})

test('a figure that cannot be read stays as it was and spoils no other', async () => {
  await world.app.db.owner.transaction(['acme'], db => db.query('alter table certificates rename to certificates_away'))
  await world.app.db.transaction(['acme'], db => db.query(`update inbox set state = 'withdrawn', answered_at = now()`))
  await world.app.refreshFigures()
  const text = await scrape()
  assert.equal(asked(text), 0)
  assert.match(text, /^autonomy_certified\{pod="customer-ops",question="main",action="start_followup"\} 0$/m)
  await world.app.db.owner.transaction(['acme'], db => db.query('alter table certificates_away rename to certificates'))
})
