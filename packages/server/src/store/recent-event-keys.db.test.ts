import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import fc from 'fast-check'
import type pg from 'pg'
import { type Batch, emptyBatch } from './batch-rows.ts'
import type { Database } from './db.ts'
import { forgetKeys, type KeyRow } from './event-keys.ts'
import { makeDays } from './partitions.ts'
import { findRecentKeys, recentDayKeeper, writeRecentDay, writtenDay } from './recent-event-keys.ts'
import { recordStatement } from './record-batch.ts'
import { openTestDatabase } from './test-database.ts'

const tenant = 'acme'
const evening = new Date('2026-11-21T23:59:59.900Z')
const morning = new Date('2026-11-22T00:00:00.100Z')

const keyOf = (eventId: string, at: Date, more: Partial<KeyRow> = {}): KeyRow => ({
  tenant,
  eventId,
  caseId: eventId,
  kind: 'fix.recorded',
  payloadHash: createHash('sha256').update(eventId).digest().subarray(0, 16),
  recordedAt: at,
  decisionId: null,
  caseKinds: null,
  ends: true,
  ...more,
})
const batchOf = (ids: readonly string[], at: Date): Batch => ({ ...emptyBatch, keys: ids.map(id => keyOf(id, at)) })

async function connect(db: Database): Promise<pg.Client> {
  // Planned as the line plans it.
  const client = await db.connect({
    settings: ['plan_cache_mode=force_generic_plan', 'enable_nestloop=off', 'jit=off'],
  })
  await client.query(`select set_config('surety.tenants', $1, false)`, [tenant])
  return client
}
/** @returns the ids that were not written */
const write = async (client: pg.Client, ids: readonly string[], at: Date): Promise<readonly string[]> => {
  const { rows } = await client.query<{ event_id: string }>(recordStatement(batchOf(ids, at)))
  return rows.map(row => row.event_id)
}
const moveTo = (db: Database, at: Date) => writeRecentDay(db, at)
const kept = (db: Database, columns: string) =>
  db.read([tenant], async handle => (await handle.query(`select ${columns} from recent_event_keys order by 1`)).rows)
const waiting = async (db: Database, count: number): Promise<void> => {
  const blocked = `select distinct l.pid from pg_locks l join pg_stat_activity a using (pid)
    where a.datname = current_database() and not l.granted`
  for (let tries = 0; (await db.read([], handle => handle.query(blocked))).rowCount !== count; tries++) {
    assert.ok(tries < 1_000, `${count} wait for a lock`)
    await wait(10)
  }
}

test('an id is found on whichever of the remembered days it came, and answered as it was', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  const client = await connect(db)
  for (let day = 0; day < 5; day++) {
    const at = new Date(evening.getTime() + day * 86_400_000)
    await moveTo(db, at)
    const known = Array.from({ length: day }, (_, before) => `fix-${before}`)
    assert.deepEqual((await write(client, [...known, `fix-${day}`], at)).toSorted(), known)
  }
  assert.deepEqual(await kept(db, 'day::text'), [
    { day: '2026-11-21' },
    { day: '2026-11-22' },
    { day: '2026-11-23' },
    { day: '2026-11-24' },
    { day: '2026-11-25' },
  ])
  const found = await db.read([tenant], handle => findRecentKeys(handle, [tenant, tenant], ['fix-1', 'never']))
  const { payloadHash } = keyOf('fix-1', evening)
  assert.deepEqual(found, [
    {
      tenant,
      eventId: 'fix-1',
      recordedAt: new Date('2026-11-22T23:59:59.900Z'),
      payloadHash: payloadHash.subarray(0, 4),
    },
  ])
  await client.end()
})

test('two connections with the same new id at once: one writes it, the other waits and finds it', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  await moveTo(db, evening)
  const [one, other] = [await connect(db), await connect(db)]
  await one.query('begin')
  assert.deepEqual(await write(one, ['same', 'a'], evening), [])
  const second = write(other, ['b', 'same'], evening)
  await waiting(db, 1)
  await one.query('commit')
  assert.deepEqual(await second, ['same'])
  assert.deepEqual((await kept(db, 'event_digest')).length, 3)
  await Promise.all([one.end(), other.end()])
})

test('on both sides of midnight: the day is not moved while an id of the old one is being written, nor written past it', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  await moveTo(db, evening)
  const [one, other] = [await connect(db), await connect(db)]
  await one.query('begin')
  assert.deepEqual(await write(one, ['same'], evening), [])
  const moved = moveTo(db, morning)
  await waiting(db, 1)
  // It began before the first has committed, so its own snapshot holds nothing of it.
  const second = write(other, ['same', 'new'], morning)
  await waiting(db, 2)
  await one.query('commit')
  await moved
  assert.deepEqual(await second, ['same'])
  assert.deepEqual(await kept(db, 'day::text'), [{ day: '2026-11-21' }, { day: '2026-11-22' }])
  // What was recorded before midnight and is written after it lies in the new day.
  assert.deepEqual(await write(one, ['late', 'same'], evening), ['same'])
  assert.deepEqual((await kept(db, 'day::text')).at(-1), { day: '2026-11-22' })
  await Promise.all([one.end(), other.end()])
})

test('whatever four connections write while the day moves on, each id is written once and by one of them', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  await moveTo(db, evening)
  // Made long before they are written, as a running service has them: a statement does not see what was made since it began.
  const days = 20
  const dayAfter = (day: number) => new Date(evening.getTime() + day * 86_400_000)
  await makeDays(db, evening, dayAfter(days + 2))
  const batches = fc.sample(fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 30 }), {
    seed: 24,
    numRuns: 240,
  })
  const asked = new Set(batches.flat())
  const written: number[] = []
  const [begun, moved] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const work = async (): Promise<void> => {
    const client = await connect(db)
    for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
      // Half of the ids are written by then; the others come once the day has moved, from where on it moves as it comes.
      if (batches.length === 220) begun.resolve()
      if (batches.length < 200) await moved.promise
      const refused = await write(
        client,
        batch.map(n => `fix-${n}`),
        evening,
      )
      written.push(...batch.filter(n => !refused.includes(`fix-${n}`)))
    }
    await client.end()
  }
  const move = async (): Promise<void> => {
    await begun.promise
    for (let day = 1; day <= days && (day === 1 || batches.length > 0); day++) {
      await moveTo(db, dayAfter(day))
      moved.resolve()
    }
  }
  await Promise.all([work(), work(), work(), work(), move()])
  assert.equal(written.length, asked.size, 'each was new for one connection')
  const rows = await kept(db, 'event_digest, day')
  assert.equal(rows.length, asked.size)
  assert.equal(new Set(rows.map(row => String(row.event_digest))).size, asked.size)
  assert.ok(new Set(rows.map(row => String(row.day))).size > 1, 'the day moved while they wrote')
})

test('ids are taken back out of the day that is written, and no other day is looked into', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  const client = await connect(db)
  for (let day = 0; day < 3; day++) {
    const at = new Date(evening.getTime() + day * 86_400_000)
    await moveTo(db, at)
    await write(
      client,
      Array.from({ length: 8_000 }, (_, n) => `fix-${day}-${n}`),
      at,
    )
  }
  const reads = async (): Promise<ReadonlyMap<string, number>> => {
    const { rows } = await client.query<{ name: string; reads: number }>(
      `select relname as name, (pg_stat_get_xact_tuples_returned(c.oid) + pg_stat_get_xact_tuples_fetched(c.oid)
          + coalesce((select sum(pg_stat_get_xact_numscans(indexrelid)) from pg_index where indrelid = c.oid), 0))::int as reads
        from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = 'recent_event_keys'::regclass`,
    )
    return new Map(rows.map(row => [row.name, row.reads]))
  }
  await client.query('begin')
  const last = new Date(evening.getTime() + 2 * 86_400_000)
  assert.deepEqual(await write(client, ['good', 'bad', 'worse'], last), [])
  const before = await reads()
  await forgetKeys(client as never, tenant, [keyOf('bad', last), keyOf('worse', last)])
  const after = await reads()
  await client.query('commit')
  const read = [...after].map(([name, count]) => [name, count - before.get(name)!] as const).filter(([, n]) => n > 0)
  assert.deepEqual(
    read.map(([name]) => name),
    ['recent_event_keys_2026_11_23'],
  )
  assert.ok(read[0]![1] < 20, `${read[0]![1]} reads for two ids`)
  assert.deepEqual((await write(client, ['good', 'bad', 'worse', 'fix-1-7'], last)).toSorted(), ['fix-1-7', 'good'])
  await client.end()
})

test('the day goes forward; a clock that runs behind moves nothing, and one that was days ahead is taken back', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  const written = async () => (await db.read([], writtenDay))?.toISOString().slice(0, 10)
  assert.equal(await written(), undefined)
  await moveTo(db, morning)
  await moveTo(db, evening)
  assert.equal(await written(), '2026-11-22')
  await moveTo(db, new Date('2027-12-31T00:00:00Z'))
  await moveTo(db, morning)
  assert.equal(await written(), '2026-11-22')
})

test('a process sees to the day once, and again after midnight; what was recorded just before is no reason', async () => {
  const seen: string[] = []
  const keeper = recentDayKeeper(async at => void seen.push(at.toISOString()))
  for (const at of [evening, evening, morning, evening, morning]) await keeper.cover(at)
  assert.deepEqual(seen, [evening.toISOString(), morning.toISOString()])
})

test('a batch in which no id has an end is written by the statements of before', () => {
  const at = evening
  const plain = { ...emptyBatch, keys: [keyOf('lead', at, { ends: false }), keyOf('other', at, { ends: false })] }
  const { text, values } = recordStatement(plain)
  assert.doesNotMatch(text, /recent|ends/)
  assert.equal(values.length, 9)
})
