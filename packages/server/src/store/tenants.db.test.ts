import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteKey } from '../manage/keys/key-rows.ts'
import { startWorld } from '../testing/start-world.ts'
import { tenantsOf } from './tenants.ts'

test('a tenant whose last key was deleted is still one whose data expire and whose log is checked', async () => {
  await using world = await startWorld()
  const { db } = world.app
  const tenants = () => db.transaction([], tenantsOf)
  const key = await world.key('ingest', 'zenith')
  const body = { name: 'Jane Roe', email: 'roe@example.com', details: 'New gutters, please.' }
  assert.equal((await world.call('/v1/lead', { key, body })).status, 200)
  await db.transaction(['zenith'], async handle => {
    const { rows } = await handle.query<{ key_id: string }>('select key_id from api_keys')
    for (const row of rows) await deleteKey(handle, 'zenith', row.key_id)
  })
  const { rows } = await db.transaction([], handle =>
    handle.query(`select from key_directory where tenant_id = 'zenith'`),
  )
  assert.equal(rows.length, 0)
  assert.deepEqual(await tenants(), ['acme', 'zenith'])
})
