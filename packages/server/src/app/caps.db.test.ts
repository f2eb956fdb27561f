import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventResult } from '@surety/contract'
import { createIntake } from '../pipeline/intake.ts'
import { now as line } from '../pipeline/now.ts'
import { CapReached } from '../pipeline/record/recorder.ts'
import type { Batch } from '../store/batch-rows.ts'
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts'
import { leadOf, letAct, openActingCore, record, setMode } from '../testing/acting-core.ts'
import type { Core } from './core.ts'
import { lineService } from './line.ts'

const at = new Date('2026-11-21T10:00:00Z')
const cap = 3

/** A tenant that may act three times an hour, on a clock that stands: its state is read again only when somebody asks. */
async function openCapped(database: TestDatabase): Promise<Core> {
  await letAct(database.db, 'acme', cap)
  return openActingCore(database, () => at, { monotonicMs: () => 0 })
}
const leads = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => leadOf('acme', `L${from + i}`))
const ends = (eventResults: readonly EventResult[]) =>
  eventResults.map(eventResult =>
    eventResult.status === 'rejected'
      ? eventResult.code
      : `${eventResult.decision?.state}:${eventResult.decision?.reason}`,
  )
const [acted, asked] = ['acted:threshold_mode', 'queued:capped']

test('previews spend nothing of the cap', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  await using core = await openCapped(database)
  const intake = createIntake({ run: core.run, now: () => at, monotonicMs: () => 0 })
  const { preview } = lineService(intake, core, () => at, database.db)
  for (let i = 0; i < 2 * cap; i++)
    assert.equal((await preview('acme', { details: 'need an estimate' }))['reason'], 'threshold_mode')
  assert.deepEqual(ends(await record(core, at, ...leads(0, 4))), [acted, acted, acted, asked])
  // Not in the words of the lead that is asked: one in ten of those is judged unseen, and its words are withheld.
  assert.equal((await preview('acme', { details: 'a quote, please' }))['reason'], 'capped', 'it says what would be')
})

test('a batch that is decided anew takes its places once', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  await using core = await openCapped(database)
  await record(core, at, leadOf('acme', 'first'))
  // The state that this process holds is behind, so the next batch is refused once and decided anew.
  await database.db.transaction(['acme'], handle => setMode(handle, 'acme', 'acting'))
  assert.deepEqual(ends(await record(core, at, ...leads(0, 2))), [acted, acted])
  assert.deepEqual(ends(await record(core, at, leadOf('acme', 'last'))), [asked])
  const counted = await database.db.transaction(['acme'], handle => handle.query('select acts from act_counts'))
  assert.deepEqual(counted.rows, [{ acts: cap }])
})

test('a lead that came twice gives its place back', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  await using core = await openCapped(database)
  await record(core, at, leadOf('acme', 'L0'))
  const again = await core.run([{ raw: leadOf('acme', 'L0'), at, startedMs: 0 }])
  assert.deepEqual(
    again.map(eventResult => eventResult.status),
    ['duplicate'],
  )
  assert.deepEqual(ends(await record(core, at, ...leads(1, 4))), [acted, acted, asked])
})

test('a batch whose answer was lost counts as written', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  await using core = await openCapped(database)
  const lost = () => Promise.reject(Object.assign(new Error('the connection was lost'), { code: '08006' }))
  const { recorder } = core.deps
  const arrivals = (from: number, to: number) => leads(from, to).map(raw => ({ raw, at, startedMs: 0 }))
  // It was written, and nobody heard so.
  const silent = { ...recorder, write: (batch: Batch) => recorder.write(batch).then(lost) }
  await assert.rejects(line(arrivals(0, 2), { ...core.deps, recorder: silent }), /connection was lost/)
  assert.deepEqual(ends(await record(core, at, ...leads(2, 4))), [acted, asked])
  await core.active.refresh('acme')
  assert.deepEqual(ends(await record(core, at, leadOf('acme', 'more'))), [asked])
})

test('places that were lost with a batch that was never written are free again when the state was read', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  await using core = await openCapped(database)
  const failing = {
    ...core.deps.recorder,
    write: () => Promise.reject(Object.assign(new Error('the connection was lost'), { code: '08006' })),
  }
  const arrivals = leads(0, 3).map(raw => ({ raw, at, startedMs: 0 }))
  await assert.rejects(line(arrivals, { ...core.deps, recorder: failing }), /connection was lost/)
  await core.active.refresh('acme')
  assert.deepEqual(ends(await record(core, at, ...leads(3, 7))), [acted, acted, acted, asked])
})

test('a batch that others crowd out each time it reaches for its places is asked, after five tries', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  await using core = await openCapped(database)
  const { recorder } = core.deps
  let refused = 0
  const crowded = {
    ...recorder,
    async write(batch: Batch) {
      if (batch.places.length === 0) return recorder.write(batch)
      refused++
      throw new CapReached('the last place was taken')
    },
  }
  const arrivals = leads(0, 2).map(raw => ({ raw, at, startedMs: 0 }))
  assert.deepEqual(ends(await line(arrivals, { ...core.deps, recorder: crowded })), [asked, asked])
  assert.equal(refused, 5)
  assert.deepEqual(ends(await record(core, at, ...leads(2, 6))), [acted, acted, acted, asked])
})

test('two batches under way together do not pass the cap', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  await using core = await openCapped(database)
  const both = await Promise.all([record(core, at, ...leads(0, 2)), record(core, at, ...leads(2, 4))])
  assert.deepEqual(ends(both.flat()).sort(), [acted, acted, acted, asked])
})

test('what arrived in an hour that is over by the state finds no places: the hour may be full', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  await letAct(database.db, 'acme', cap)
  const [before, after] = [new Date('2026-11-21T10:59:59.900Z'), new Date('2026-11-21T11:00:00.100Z')]
  let clock = before
  await using core = await openActingCore(database, () => clock, { monotonicMs: () => 0 })
  assert.deepEqual(ends(await record(core, before, ...leads(0, 3))), [acted, acted, acted])
  clock = after
  await core.active.refresh('acme')
  assert.deepEqual(ends(await record(core, before, leadOf('acme', 'late'))), [asked])
  assert.deepEqual(ends(await record(core, after, ...leads(3, 7))), [acted, acted, acted, asked])
})
