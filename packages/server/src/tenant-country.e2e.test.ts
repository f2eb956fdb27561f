import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startWorld } from './testing/start-world.ts'

const details = 'Bitte rufen Sie an, Tel. 030 / 901820, danke'

test('phone numbers are read as those of the country of the tenant, from the moment it is set', async () => {
  await using world = await startWorld()
  const admin = await world.key('admin')
  const put = (key: string, country: unknown) =>
    world.call('/ops/settings/tenant?apply=true', { method: 'PUT', key, body: { country } })
  const stored = async (key: string) => {
    const made = await world.call('/v1/lead', { key, body: { name: 'Jo', phone: '030 901820', details } })
    const { items } = (await world.call(`/v1/lead/${made.data.lead_id}/history`, { key })).data
    return [items[0].text, made.data.phone_valid ?? null] as const
  }
  const [before] = await stored(admin)
  assert.equal(before, details, 'no number of the United States')

  const bad = await put(admin, 'XX')
  assert.deepEqual([bad.status, bad.body.code, bad.body.errors[0].path], [422, 'validation_failed', 'country'])
  const set = await put(admin, 'DE')
  assert.deepEqual([set.status, set.data.value.country], [200, 'DE'], set.text)
  const until = Date.now() + 10_000
  let [after] = await stored(admin)
  while (after === details && Date.now() < until) [after] = await stored(admin)
  assert.match(after, /^Bitte rufen Sie an, Tel\. \[PHONE:[0-9a-f]{10}\], danke$/)
  assert.equal((await world.call('/v1/search?q=030%2F901820', { key: admin })).data.results.length > 0, true)

  const operator = await world.key('operator')
  const mode = { action: '*', mode: 'stopped', reason: 'asked by 030 901820' }
  assert.equal((await world.call('/ops/mode', { key: operator, body: mode })).status, 200)
  const { rows } = await world.app.db.transaction(['acme'], db =>
    db.query<{ action: string; reason: string | null }>(
      `select action, reason from audit where tenant_id = 'acme' and action in ('settings.changed', 'autonomy.mode') order by seq`,
    ),
  )
  assert.equal(rows[0]?.action, 'settings.changed')
  assert.match(rows.at(-1)?.reason ?? '', /^asked by \[PHONE:/)

  const foreign = await world.key('admin', 'other')
  assert.equal((await stored(foreign))[0], details, 'of another tenant nothing changes')
})
