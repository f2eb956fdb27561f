import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openApp } from './app.ts'
import { type Answer, startWorld } from './testing/start-world.ts'

const lead = { name: 'Jane Doe', email: 'jane@example.com', details: 'new gutters' }

test('with ENABLE_MEMORY=false nothing of a message is stored but that it came, and it still is a human touch', async () => {
  await using world = await startWorld({ env: { ENABLE_MEMORY: 'false' } })
  const { lead_id } = (await world.call('/v1/lead', { body: lead })).data
  const body = { role: 'user', text: 'my zebra ate the ladder, call 612-555-0182', channel: 'sms' }
  const path = `/v1/lead/${lead_id}/messages`
  const sent = await world.call(path, { body, headers: { 'idempotency-key': 'm-1' } })
  assert.equal(sent.status, 200, sent.text)
  assert.deepEqual([sent.data.role, sent.data.text, sent.data.pii], ['user', '', {}])
  const again = await world.call(path, { body, headers: { 'idempotency-key': 'm-1' } })
  assert.equal(again.data.recorded_at, sent.data.recorded_at)
  const other = { ...body, text: 'another' }
  assert.equal((await world.call(path, { body: other, headers: { 'idempotency-key': 'm-1' } })).status, 422)

  const { rows } = await world.app.db.transaction(['acme'], db =>
    db.query('select role, text, channel, pii, search, (select token::int from fences) as token from messages'),
  )
  assert.deepEqual(rows, [{ role: 'user', text: '', channel: 'sms', pii: null, search: null, token: 1 }])
  assert.deepEqual(await placesOf('zebra'), [])
  assert.deepEqual(await placesOf('PHONE:'), [])
  assert.notEqual((await placesOf('gutters')).length, 0, 'the search of this test finds what is stored')
  assert.deepEqual((await world.call('/v1/search?q=zebra')).data.results, [])
  assert.equal((await world.call('/v1/search?q=gutters')).data.results.length, 1)
  const texts = ({ data }: Answer) => data.items.map((item: { text: string }) => item.text)
  assert.deepEqual(texts(await world.call(`/v1/lead/${lead_id}/history`)), [])
  assert.match((await world.call('/metrics', { key: null })).text, /^pii_redactions_total\{type="PHONE",.* 1$/m)

  // The same installation with a memory: what came before has no text, and what comes now has one.
  await using remembering = await openApp({ ...world.app.config, memory: true, port: 0 }, { jobs: false })
  const history = await remembering.cases.history('acme', lead_id, 20)
  assert.deepEqual(
    history.map(item => item.text),
    ['new gutters'],
  )

  async function placesOf(word: string): Promise<readonly string[]> {
    return world.app.db.transaction(['acme', '*'], async db => {
      const tables = await db.query<{ name: string }>(
        `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = current_schema() and c.relkind in ('r', 'p') and not c.relispartition`,
      )
      const found: string[] = []
      for (const { name } of tables.rows) {
        const hit = await db.query(`select from ${name} as kept where kept::text like '%' || $1 || '%' limit 1`, [word])
        if (hit.rowCount !== 0) found.push(name)
      }
      return found
    })
  }
})
