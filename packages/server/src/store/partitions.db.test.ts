import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ensurePartitions, partitionedTables } from './partitions.ts'
import { openTestDatabase, type TestDatabase } from './test-database.ts'

let database: TestDatabase

test.before(async () => {
  database = await openTestDatabase({ poolSize: 3 })
})
test.after(() => database[Symbol.asyncDispose]())

const make = (month: string): Promise<void> =>
  database.db.transaction([], db => ensurePartitions(db, new Date(`${month}-01`), new Date(`${month}-01`)))

test('a month is made while somebody reads and somebody writes; nobody waits', async () => {
  await make('2027-03')
  const busy = await database.db.connect()
  try {
    // A wait would end in an error instead of for ever.
    await busy.query(`set lock_timeout = '5s'`)
    await busy.query('begin')
    await busy.query(`select set_config('surety.tenants', 'acme', true)`)
    await busy.query('select count(*) from decisions')
    await busy.query(`insert into outcomes (tenant_id, event_id, pod, case_id, outcome, source, occurred_at, recorded_at)
      values ('acme', 'e', 'p', 'c', 'booked', 'reported', '2027-03-02', '2027-03-02')`)
    await database.db.transaction([], async db => {
      await db.query(`set local lock_timeout = '5s'`)
      await ensurePartitions(db, new Date('2027-04-01'), new Date('2027-05-01'))
      await busy.query('select count(*) from decisions')
    })
    await busy.query('commit')
  } finally {
    await busy.end()
  }
})

test('replicas that make the same month at once both find it made, with policy and indexes', async () => {
  await Promise.all([make('2028-01'), make('2028-01'), make('2028-01')])
  const { rows } = await database.db.transaction([], db =>
    db.query<{ parent: string; secured: boolean; own: number; inherited: number }>(`
      select p.relname as parent, c.relrowsecurity and c.relforcerowsecurity as secured,
        (select count(*) from pg_index i where i.indrelid = c.oid) as own,
        (select count(*) from pg_index i join pg_inherits ih on ih.inhrelid = i.indexrelid where i.indrelid = c.oid) as inherited
      from pg_inherits h join pg_class c on c.oid = h.inhrelid join pg_class p on p.oid = h.inhparent
      where c.relname like '%\\_2028\\_01' and c.relkind = 'r' order by parent`),
  )
  assert.deepEqual(
    rows.map(row => row.parent),
    [...partitionedTables].sort(),
  )
  for (const { parent, secured, own, inherited } of rows) {
    assert.equal(secured, true, parent)
    assert.ok(own > 0 && own === inherited, `${parent}: ${own} indexes, ${inherited} attached`)
  }
})
