import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { Registry } from 'prom-client'
import { pods } from '../../pods.ts'
import { runDirectly } from '../../runtime/run-task.ts'
import { clientConfig } from '../../store/db.ts'
import { ensurePartitions } from '../../store/partitions.ts'
import { tenantsOf } from '../../store/tenants.ts'
import { openTestDatabase, type TestDatabase } from '../../store/test-database.ts'
import { leadOf, openActingCore, record } from '../../testing/acting-core.ts'
import { fillPast } from '../../testing/fill-past.ts'
import { readingPages } from '../../testing/read-pages.ts'
import { openConservation } from './open-conservation.ts'

const hourMs = 3_600_000

/** A tenant whose leads lie evenly over the days before now, on tables that nobody has counted. */
async function pastOf(leads: number, days: number): Promise<TestDatabase> {
  const database = await openTestDatabase({ poolSize: 4 })
  const at = new Date()
  await database.db.transaction([], db => ensurePartitions(db, new Date(at.getTime() - (days + 1) * 24 * hourMs), at))
  {
    await using core = await openActingCore(database, () => at)
    await record(core, at, ...Array.from({ length: 10 }, (_, n) => leadOf('acme', `template-${n}`)))
  }
  await database.db.transaction(['acme'], db =>
    db.query(`insert into tenant_directory values ('acme') on conflict do nothing`),
  )
  const sql = new pg.Client(clientConfig(database.address, null))
  await sql.connect()
  try {
    await fillPast(sql, { tenant: 'acme', leads, days })
  } finally {
    await sql.end()
  }
  return database
}

async function run(database: TestDatabase, at: Date) {
  const { db, take } = readingPages(database.db)
  const {
    tasks: [task],
  } = openConservation({ db, clock: { monotonicMs: () => at.getTime() }, pods, metrics: new Registry() })
  await runDirectly(task, at, () => db.transaction([], tenantsOf))
  return take().filter(({ name }) => name === 'count_states')
}

test('two hours are counted every hour, and the whole day once a day', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  await database.db.transaction(['acme'], db =>
    db.query(`insert into tenant_directory values ('acme') on conflict do nothing`),
  )
  const pods = (await run(database, new Date('2026-11-21T10:41:00Z'))).length / 25
  const hours = async (at: string) => (await run(database, new Date(at))).length / pods
  assert.equal(await hours('2026-11-21T11:41:00Z'), 2)
  // Of a turn that nobody had: the hour that was under way then is counted again beside the two newest and the missing one.
  assert.equal(await hours('2026-11-21T14:41:00Z'), 4)
  assert.equal((await hours('2026-11-22T00:41:00Z')) > 20, true)
  assert.equal(await hours('2026-11-22T01:41:00Z'), 2)
})

test('the books of one hour read no more pages where six times as much lies beside it', async () => {
  await using small = await pastOf(1_500, 10)
  await using large = await pastOf(9_000, 60)
  const at = new Date()
  const pagesOf = async (database: TestDatabase) => {
    const counted = await run(database, at)
    return counted.reduce((most, { pages }) => Math.max(most, pages), 0)
  }
  const [few, many] = [await pagesOf(small), await pagesOf(large)]
  assert.ok(many < few * 1.5, `${few} pages beside 1,500 leads, ${many} beside 9,000`)
})
