import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startWorld } from '../testing/start-world.ts'
import { deleteKey } from './api-keys.ts'
import { ensurePartitions } from './partitions.ts'
import { newestSealed, newestSealedSql, tenantsOf } from './tenants.ts'
import { openTestDatabase } from './test-database.ts'

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

test('the probe for the data key is the newest contact of that pod, found by the index and without sorting', async () => {
  await using database = await openTestDatabase()
  const from = new Date('2026-03-01T00:00:00Z')
  await database.db.transaction(['acme'], async db => {
    await ensurePartitions(db, from, new Date('2026-04-01T00:00:00Z'))
    await db.query(`insert into events (tenant_id, event_id, pod, kind, case_id, occurred_at, recorded_at, payload, sealed)
      select 'acme', 'e' || i, case when i <= 30 then 'p' else 'q' end, 'k', 'c' || i, at, at, '{}', 'sealed'
      from generate_series(1, 50) i, lateral (select timestamptz '2026-03-10Z' + make_interval(days => i % 31)) t(at)`)
    assert.equal((await newestSealed(db, 'acme', 'p'))?.caseId, 'c30')
    assert.equal(await newestSealed(db, 'acme', 'r'), null)
    // With so few rows a scan is cheaper: what is asked here is whether the index gives the order.
    await db.query('set local enable_seqscan = off')
    await db.query('set local enable_bitmapscan = off')
    const { rows } = await db.query<{ 'QUERY PLAN': string }>(
      `explain ${newestSealedSql.replace('$1', `'acme'`).replace('$2', `'p'`)}`,
    )
    const plan = rows.map(row => row['QUERY PLAN']).join('\n')
    assert.match(plan, /Index Scan Backward/)
    assert.doesNotMatch(plan, /Sort/)
  })
})
