import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startWorld } from '../testing/start-world.ts'
import { expireContacts, expireTexts } from './retention.ts'

test('texts that expire take their search words along; the lead is found by its name until its contact goes too', async () => {
  await using world = await startWorld()
  const body = { name: 'Quirky Roe', email: 'roe@example.com', details: 'Zinc gutters, mail jane@example.org' }
  const { data } = await world.call('/v1/lead', { body })
  await world.call(`/v1/lead/${data.lead_id}/messages`, { body: { role: 'user', text: 'Copper gutters instead.' } })
  const found = async (q: string): Promise<number> =>
    (await world.call(`/v1/search?q=${encodeURIComponent(q)}`)).data.count
  const words = async () => [
    await found('zinc'),
    await found('copper'),
    await found('roe'),
    await found('roe@example.com'),
  ]
  assert.deepEqual(await words(), [1, 1, 1, 1])
  const soon = new Date(Date.now() + 1000)
  await world.app.db.transaction(['acme'], db => expireTexts(db, 'acme', soon))
  assert.deepEqual(await words(), [0, 0, 1, 1])
  const { rows } = await world.app.db.transaction(['acme'], db =>
    db.query<{ text: string }>(`select e::text as text from events e`),
  )
  assert.doesNotMatch(rows.map(row => row.text).join('\n'), /zinc|gutters|copper/i)
  await world.app.db.transaction(['acme'], db => expireContacts(db, 'acme', soon))
  assert.deepEqual(await words(), [0, 0, 0, 0])
  assert.equal((await world.call(`/v1/lead/${data.lead_id}`)).data.lead.name, null)
})
