import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runDirectly } from '../../runtime/run-task.ts'
import type { Task } from '../../runtime/task.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { leadOf, messageOf, openActingCore, record } from '../../testing/acting-core.ts'
import { retain } from './retain.ts'
import { assertSameClock } from './same-clock.ts'

const dayMs = 86_400_000
const minutes = (n: number) => () => new Date(Date.now() + n * 60_000)

test('a clock that is minutes away from that of the database is refused, in both directions', async () => {
  await using database = await openTestDatabase()
  for (const n of [0, 3, -3]) await assertSameClock(database.db, minutes(n))
  await assert.rejects(assertSameClock(database.db, minutes(10)), /10 minutes ahead of the clock of the database/)
  await assert.rejects(assertSameClock(database.db, minutes(-60)), /60 minutes behind the clock of the database/)
})

test('one start 400 days ahead deletes nothing, leaves no mark, and retention goes on when the clock is right', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  const at = new Date()
  {
    await using core = await openActingCore(database, () => at)
    await record(core, at, leadOf('acme', 'kept'))
    await record(core, at, messageOf('acme', 'kept'))
  }
  const count = (sql: string) => db.transaction(['acme'], async handle => (await handle.query(sql)).rowCount)
  const held = () => Promise.all([count('select from messages'), count('select from events where sealed is not null')])
  const before = await held()
  assert.ok(before[0]! > 0, 'there is a message')
  const ttl = { memoryTtlDays: 180, contactTtlDays: 365, recordTtlDays: 730 }
  const from = (wallClock: () => Date) => {
    const run: Task['run'] = (moment, _, eachTenant) =>
      retain({ db, ...ttl, wallClock, forgetOldKeys: async () => {} }, moment, eachTenant)
    return runDirectly({ name: 'retention', schedule: null, run }, wallClock(), async () => ['acme'])
  }
  await assert.rejects(
    from(() => new Date(Date.now() + 400 * dayMs)),
    /Nothing was deleted/,
  )
  assert.deepEqual(await held(), before)
  assert.equal(await count('select from retention_marks'), 0)
  await from(() => new Date())
  assert.deepEqual(await held(), before)
})
