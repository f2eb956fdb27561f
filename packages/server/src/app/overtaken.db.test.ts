import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventResult } from '@surety/contract'
import { now as line } from '../pipeline/now.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { leadOf, letAct, openActingCore, record, setMode } from '../testing/acting-core.ts'

const at = new Date('2026-11-21T10:00:00Z')

test('a batch decided before a stop and written after it is decided anew', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  await letAct(db, 'acme')
  await using core = await openActingCore(database, () => at)
  const reached = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  const { recorder } = core.deps
  const written: string[] = []
  const pausing = {
    ...recorder,
    async write(batch: Parameters<typeof recorder.write>[0]) {
      written.push(batch.decisions.map(one => `${one.state}:${one.reason}`).join())
      reached.resolve()
      await held.promise
      return recorder.write(batch)
    },
  }
  const arrivals = ['a', 'b'].map(id => ({ raw: leadOf('acme', id), at, startedMs: 0 }))
  const walking = line(arrivals, { ...core.deps, recorder: pausing })
  await reached.promise
  await db.transaction(['acme'], handle => setMode(handle, 'acme', 'stopped'))
  held.resolve()
  const eventResults = await walking

  assert.deepEqual(written, [
    'acted:threshold_mode,acted:threshold_mode',
    'suppressed:followups_off,suppressed:followups_off',
  ])
  assert.deepEqual(eventResults.map(endOf), ['suppressed:followups_off', 'suppressed:followups_off'])
  const { rows } = await db.transaction(['acme'], handle =>
    handle.query('select case_id, state, (select count(*)::int from acts) as acts from decisions order by case_id'),
  )
  assert.deepEqual(rows, [
    { case_id: 'a', state: 'suppressed', acts: 0 },
    { case_id: 'b', state: 'suppressed', acts: 0 },
  ])
})

test('a stop waits for the batch that is being written, and is answered when its acts are there to be cancelled', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  await letAct(db, 'acme')
  // A write that is slow: its statement holds the epoch until its commit.
  await db.transaction([], async handle => {
    await handle.query(`create function slow() returns trigger language plpgsql as
      $$ begin perform pg_sleep(0.4); return new; end $$`)
    await handle.query('create trigger slow before insert on event_keys for each row execute function slow()')
  })
  await using core = await openActingCore(database, () => at)
  const writing = record(core, at, leadOf('acme', 'a')).then(eventResults => ({
    eventResults,
    ended: performance.now(),
  }))
  // The statement is under way when somebody holds the lock.
  while (!(await held())) await new Promise(resolve => setTimeout(resolve, 5))
  await db.transaction(['acme'], handle => setMode(handle, 'acme', 'stopped'))
  const { rows } = await db.transaction(['acme'], handle => handle.query('select state from acts'))
  assert.deepEqual(rows, [{ state: 'pending' }], 'committed before the stop was answered, so the worker cancels it')
  assert.equal(endOf((await writing).eventResults[0]!), 'acted:threshold_mode')

  async function held(): Promise<boolean> {
    const found = await db.transaction(['acme'], handle =>
      handle.query<{ free: boolean }>(
        `select pg_try_advisory_xact_lock(autonomy_lock_of('acme', 'customer-ops')) as free`,
      ),
    )
    return found.rows[0]?.free === false
  }
})

function endOf(eventResult: EventResult): string {
  assert.equal(eventResult.status, 'recorded')
  return eventResult.status === 'recorded' ? `${eventResult.decision?.state}:${eventResult.decision?.reason}` : ''
}
