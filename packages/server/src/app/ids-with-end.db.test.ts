import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { type EventKind, type EventResult, pod, type RawEvent } from '@surety/contract'
import { Type } from 'typebox'
import { retain } from '../manage/retention/retain.ts'
import { mostRemembered, podNamed } from '../pods.ts'
import { runDirectly } from '../runtime/run-task.ts'
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts'
import { openActingCore } from '../testing/acting-core.ts'
import type { Core } from './core.ts'

const table = podNamed('table')
const at = new Date('2026-11-21T10:20:00Z')
const daysLater = (days: number) => new Date(at.getTime() + days * 86_400_000)

const fix: EventKind = {
  rememberDays: 7,
  schema: Type.Object({ place: Type.String() }),
  read: data => ({ ok: true, event: { caseId: 'device-1', payload: { ...(data as object) }, ignored: [] } }),
}
const [{ silence: _, ...answer }] = table.questions
/** Rows whose outcomes are remembered for three days, and fixes for seven: of such silence may not speak. */
const forgetful = pod({
  ...table,
  questions: [answer],
  kinds: {
    'row.recorded': table.kinds['row.recorded']!,
    'row.outcome': { ...table.kinds['row.outcome']!, rememberDays: 3 },
    'fix.recorded': fix,
  },
})
const podOf = (kind: string) => (kind in forgetful.kinds ? forgetful : undefined)
const secrets = { dataKeys: [randomBytes(32)], piiRoot: randomBytes(32) }
const openProcess = (database: TestDatabase): Promise<Core> => openActingCore(database, () => at, { podOf, secrets })

const fixOf = (eventId: string, place = 'gate'): RawEvent => ({
  tenant: 'acme',
  kind: 'fix.recorded',
  eventId,
  data: { place },
})
const rowOf = (eventId: string): RawEvent => ({
  tenant: 'acme',
  kind: 'row.recorded',
  eventId,
  data: { row_id: eventId, columns: { a: 1 } },
})
const outcomeOf = (eventId: string, row_id: string): RawEvent => ({
  tenant: 'acme',
  kind: 'row.outcome',
  eventId,
  data: { row_id, label: 1 },
})
const send = (core: Core, moment: Date, ...raws: RawEvent[]): Promise<readonly EventResult[]> =>
  core.run(raws.map(raw => ({ raw, at: moment, startedMs: 0 })))
const words = (eventResults: readonly EventResult[]) =>
  eventResults.map(one => (one.status === 'rejected' ? one.code : one.status))

test('what comes again is known for days, in a batch and between two processes; another payload under its id is refused', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  await using one = await openProcess(database)
  await using other = await openProcess(database)
  assert.deepEqual(words(await send(one, at, fixOf('f1'), fixOf('f2'), fixOf('f1'))), [
    'recorded',
    'recorded',
    'duplicate',
  ])
  const [again, changed, fresh] = await send(other, daysLater(3), fixOf('f1'), fixOf('f2', 'yard'), fixOf('f3'))
  assert.deepEqual(words([again!, changed!, fresh!]), ['duplicate', 'event_id_conflict', 'recorded'])
  assert.ok(again?.status === 'duplicate')
  assert.deepEqual([again.recordedAt, again.caseId, again.decision], [at, 'device-1', null])
  const both = await Promise.all([one, other].map(core => send(core, daysLater(4), fixOf('f4'), fixOf('f5'))))
  assert.deepEqual(words(both.flat()).toSorted(), ['duplicate', 'duplicate', 'recorded', 'recorded'])
  const { rows } = await database.db.read(['acme'], handle =>
    handle.query('select (select count(*)::int from events) as events, (select count(*)::int from event_keys) as keys'),
  )
  assert.deepEqual(rows, [{ events: 5, keys: 0 }], 'none of them is in the table of ids for ever')
})

test('an id that a tick could have is refused: whoever sends it before would keep that tick from being heard', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  await using core = await openProcess(database)
  const taken = fixOf('tick.site:S1:2026-11-21T10:20:00.000Z')
  assert.deepEqual(words(await send(core, at, taken, fixOf('tick'))), ['validation_failed', 'recorded'])
})

test('an outcome whose id has an end finds the case that was opened before, or beside it, or none', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  await using core = await openProcess(database)
  assert.deepEqual(words(await send(core, at, rowOf('r1'))), ['recorded'])
  const mixed = await send(core, at, outcomeOf('o1', 'r1'), rowOf('r2'), outcomeOf('o2', 'r2'), outcomeOf('o3', 'r3'))
  assert.deepEqual(words(mixed), ['recorded', 'recorded', 'recorded', 'case_not_found'])
  assert.deepEqual(words(await send(core, at, outcomeOf('o3', 'r3'), rowOf('r3'))), ['recorded', 'recorded'])
  assert.deepEqual(words(await send(core, at, outcomeOf('o1', 'r1'), rowOf('r1'))), ['duplicate', 'duplicate'])
  const { rows } = await database.db.read(['acme'], handle =>
    handle.query(`select (select count(*)::int from outcomes) as outcomes, (select count(*)::int from event_keys) as keys,
      (select count(*)::int from recent_event_keys) as recent`),
  )
  assert.deepEqual(rows, [{ outcomes: 3, keys: 3, recent: 3 }])
})

test('whole days are forgotten when no kind remembers them, never the one that is written, and their ids are new again', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  await using core = await openProcess(database)
  const rememberDays = mostRemembered([table, forgetful])
  assert.deepEqual([rememberDays, mostRemembered([table])], [7, null])
  const forget = (moment: Date) => {
    const options = { memoryTtlDays: 0, contactTtlDays: 0, recordTtlDays: 0, rememberDays, wallClock: null }
    const run = (due: Date, _: unknown, eachTenant: Parameters<typeof retain>[2]) =>
      retain({ db, ...options, forgetOldKeys: async () => {} }, due, eachTenant)
    return runDirectly({ name: 'retention', schedule: null, run }, moment, async () => ['acme'])
  }
  const ids = async () => (await db.read(['acme'], handle => handle.query('select from recent_event_keys'))).rowCount
  await send(core, at, fixOf('f1'))
  await forget(daysLater(30))
  assert.equal(await ids(), 1, 'that day is written still')
  await send(core, daysLater(1), fixOf('f2'))
  // Seven days after the last of the day, f1 is forgotten, and f2 a day later.
  await forget(daysLater(7))
  assert.equal(await ids(), 2)
  assert.deepEqual(words(await send(core, daysLater(7), fixOf('f1'))), ['duplicate'])
  await forget(daysLater(8))
  assert.equal(await ids(), 1)
  assert.deepEqual(words(await send(core, daysLater(8), fixOf('f1'), fixOf('f2'))), ['recorded', 'duplicate'])
})

test('a pod is refused where what asks would be forgotten, or where nobody could say when', () => {
  const asking = { ...table.kinds['row.recorded']!, rememberDays: 7 }
  assert.throws(
    () => pod({ ...table, kinds: { ...table.kinds, 'row.recorded': asking } }),
    /^Error: The pod table: the question main stands on row.recorded, whose ids are forgotten and open no case.$/,
  )
  for (const rememberDays of [0, 1.5, 367, Number.NaN])
    assert.throws(() => pod({ ...table, kinds: { ...table.kinds, 'fix.recorded': { ...fix, rememberDays } } }), {
      message: `The pod table: ids of fix.recorded are remembered for ever or for 1 to 366 whole days, not for ${rememberDays}.`,
    })
})
