import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { openDatabase } from './db.ts'
import { dropPartitions } from './drop-partitions.ts'
import { ensurePartitions } from './partitions.ts'
import { openTestDatabase } from './test-database.ts'

test('a month whose taking off was ended half way holds up no other one, though it is kept longer now', async () => {
  await using database = await openTestDatabase({ poolSize: 3 })
  // A plain role may not cancel what a superuser logged in for.
  await using admin = openDatabase(database.address, null, 1)
  const { db } = database
  await db.transaction([], handle => ensurePartitions(handle, new Date('2024-01-01'), new Date('2024-03-01')))
  const [reader, ended] = [await db.connect(), await db.connect()]
  await reader.query('begin')
  await reader.query('select count(*) from decisions')
  const { rows: own } = await ended.query('select pg_backend_pid() as pid')
  const refused = assert.rejects(ended.query('alter table decisions detach partition decisions_2024_02 concurrently'))
  const pending = `select from pg_inherits where inhdetachpending and inhrelid = 'decisions_2024_02'::regclass`
  while ((await db.read([], handle => handle.query(pending))).rowCount === 0) await wait(10)
  await admin.transaction([], handle => handle.query('select pg_cancel_backend($1)', [own[0].pid]))
  await refused
  await reader.query('commit')
  await Promise.all([reader.end(), ended.end()])
  assert.equal((await db.read([], handle => handle.query(pending))).rowCount, 1, 'it was left half way')
  assert.deepEqual(await dropPartitions(db, { decisions: new Date('2024-02-01') }), ['decisions_2024_01'])
  assert.equal((await db.read([], handle => handle.query(pending))).rowCount, 0)
  assert.deepEqual(await dropPartitions(db, { decisions: new Date('2024-03-01') }), ['decisions_2024_02'])
})
