import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { countReads } from '../testing/count-reads.ts'
import { endActs, lockPending } from './acts.ts'
import { holdFences } from './fences.ts'
import { ensurePartitions } from './partitions.ts'
import { gatherStatistics } from './table-statistics.ts'
import { openTestDatabase } from './test-database.ts'

const database = await openTestDatabase({ poolSize: 1 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const now = new Date('2026-03-10T09:00:00Z')
const tenant = 'acme'
await db.transaction([], handle => ensurePartitions(handle, now, now))
// It is on, and never finds enough to do: whoever looks at the tables here, it is not the server by itself.
const never = ['vacuum_threshold', 'vacuum_insert_threshold', 'analyze_threshold'].map(
  name => `autovacuum_${name} = 2000000000`,
)
for (const table of ['acts_2026_03', 'fences'])
  await db.transaction([], handle => handle.query(`alter table ${table} set (${never.join(', ')})`))

/** Cases whose act was performed, but for the first ten. */
async function addCases(from: number, to: number): Promise<void> {
  await db.transaction([tenant], async handle => {
    const cases = `(select n, 'L' || n as id, md5('L' || n)::uuid as decision from generate_series(${from}, ${to}) n) given`
    await handle.query(
      `insert into acts (tenant_id, decision_id, step, pod, case_id, action, token, automatic, state, not_before, recorded_at)
        select $1, decision, 0, 'customer-ops', id, 'start_followup', 0, true, case when n <= 10 then 'pending' else 'done' end,
          $2, $2 from ${cases}`,
      [tenant, now],
    )
    await handle.query(
      `insert into fences (tenant_id, case_id, token, reason, at) select $1, id, 0, 'act', $2 from ${cases}`,
      [tenant, now],
    )
  })
  await told()
}

/** The server has heard of every row that its connections wrote. */
const told = () => db.transaction([], handle => handle.query('select pg_stat_force_next_flush()'))

const cases = Array.from({ length: 10 }, (_, n) => `L${n + 1}`)

/** What it reads to end the ten acts; nothing is kept of it. */
async function readByTen(): Promise<number> {
  const counted = countReads(db, { generic: true })
  await counted.transaction([tenant], async handle => {
    const held = await holdFences(handle, tenant, cases, now)
    const pending = await lockPending(handle, tenant, [...held.values()], now)
    assert.equal(pending.length, 10)
    const ends = pending.map(act => ({ act, state: 'done', reason: null }) as const)
    await endActs(handle, tenant, now, ends)
  })
  const { rows } = counted.takeReads()
  await db.transaction([tenant], handle =>
    handle.query(`update acts set state = 'pending', ended_at = null where tenant_id = $1 and case_id = any ($2)`, [
      tenant,
      cases,
    ]),
  )
  return rows
}

test('once a grown table was looked at, performing ten acts reads a few rows of thousands', async () => {
  await addCases(1, 4_000)
  const before = await readByTen()
  assert.ok(before > 4_000, `without statistics it read ${before} rows: then nothing has to be gathered`)
  const looked = await gatherStatistics(db)
  assert.ok(looked.includes('fences') && looked.includes('acts_2026_03'), String(looked))
  const afterwards = await readByTen()
  assert.ok(afterwards < 200, `with statistics it read ${afterwards} rows`)
})

test('a table is looked at again when it is several times as large, and not before', async () => {
  assert.deepEqual(await gatherStatistics(db), [])
  await addCases(4_001, 8_000)
  assert.deepEqual(await gatherStatistics(db), [])
  await addCases(8_001, 24_000)
  assert.deepEqual([...(await gatherStatistics(db))].sort(), ['acts_2026_03', 'fences'])
})

test('a table whose autovacuum was turned off is left to whoever did so', async () => {
  await db.transaction([], handle => handle.query('alter table fences set (autovacuum_enabled = off)'))
  await addCases(24_001, 160_000)
  assert.deepEqual(await gatherStatistics(db), ['acts_2026_03'])
})
