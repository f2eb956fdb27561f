import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ensurePartitions } from '../../store/partitions.ts'
import { openTestDatabase, type TestDatabase } from '../../store/test-database.ts'
import { type RetainOptions, retain } from './retain.ts'

const none = { memoryTtlDays: 0, contactTtlDays: 0, recordTtlDays: 0 }
const run = (database: TestDatabase, at: string, days: Partial<RetainOptions>, sound = true) =>
  retain(
    { db: database.db, ...none, ...days, wallClock: null, forgetOldKeys: async () => {} },
    new Date(at),
    async work => {
      await work('acme')
      return sound
    },
  )
const sql = (database: TestDatabase, text: string) => database.db.transaction(['acme'], handle => handle.query(text))
const months = async (database: TestDatabase, table: string): Promise<string> => {
  const found = await sql(
    database,
    `select right(c.relname, 7) as month from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = '${table}'::regclass order by 1`,
  )
  return found.rows.map(row => String(row['month']).replace('_', '-')).join(' ')
}
const seeded = async (): Promise<TestDatabase> => {
  const database = await openTestDatabase({ poolSize: 3 })
  await database.db.transaction([], handle => ensurePartitions(handle, new Date('2025-12-01'), new Date('2026-03-31')))
  return database
}

/** A case of long ago with its contact, its text, what was said of it and what was sent. */
const old = `
  insert into events (tenant_id, event_id, pod, kind, case_id, occurred_at, recorded_at, payload, sealed)
    values ('acme', 'e', 'customer-ops', 'lead.created', 'c', '2026-01-10', '2026-01-10', '{"details":"words"}', 'sealed');
  insert into messages (tenant_id, event_id, pod, case_id, role, text, ts, recorded_at)
    values ('acme', 'm', 'customer-ops', 'c', 'user', 'words', '2026-01-10', '2026-01-10');
  insert into outbox (tenant_id, case_id, decision_id, step, pod, channel, text, recorded_at)
    values ('acme', 'c', gen_random_uuid(), 'call', 'customer-ops', 'letter', 'words', '2026-01-10');`
const left = async (database: TestDatabase): Promise<readonly number[]> => {
  const counts = await sql(
    database,
    `select (select count(*) from messages)::int as messages, (select count(*) from events where sealed is not null)::int as contacts,
      (select count(*) from events where payload::jsonb ? 'details')::int as details, (select count(*) from outbox)::int as sent`,
  )
  return Object.values(counts.rows[0]!) as number[]
}

test('zero days keep texts, contacts and records for ever; each number takes what it is for', async () => {
  await using database = await seeded()
  await sql(database, old)
  await run(database, '2026-03-20', {})
  assert.deepEqual(await left(database), [1, 1, 1, 1])
  await run(database, '2026-03-20', { memoryTtlDays: 30 })
  assert.deepEqual(await left(database), [0, 1, 0, 1])
  await run(database, '2026-03-20', { contactTtlDays: 30 })
  assert.deepEqual(await left(database), [0, 0, 0, 1])
  await run(database, '2026-03-20', { recordTtlDays: 30 })
  assert.deepEqual(await left(database), [0, 0, 0, 0])
})

test('a month goes when all of it is too old, and what became of its decisions a month later', async () => {
  await using database = await seeded()
  // Thirty days before are the first moment of February.
  await run(database, '2026-03-03T00:00:00Z', { memoryTtlDays: 180, recordTtlDays: 30 })
  assert.equal(await months(database, 'decisions'), '2026-02 2026-03 2026-04')
  assert.equal(await months(database, 'outcomes'), '2026-01 2026-02 2026-03 2026-04')
  assert.equal(await months(database, 'acts'), '2026-01 2026-02 2026-03 2026-04')
  assert.equal(await months(database, 'messages'), '2026-02 2026-03 2026-04', 'a conversation goes with its case')
})

test('a day too early the month stays; where a tenant failed every month does', async () => {
  await using database = await seeded()
  const all = '2025-12 2026-01 2026-02 2026-03 2026-04'
  await run(database, '2026-03-20', { recordTtlDays: 30 }, false)
  assert.equal(await months(database, 'decisions'), all)
  await run(database, '2026-03-02T23:59:59.999Z', { recordTtlDays: 30 })
  assert.equal(await months(database, 'decisions'), all.replace('2025-12 ', ''))
})

test('what tables without months hold goes by whole months too', async () => {
  await using database = await seeded()
  await sql(database, old.replaceAll('2026-01-10', '2026-02-10'))
  await run(database, '2026-03-20', { recordTtlDays: 30 })
  assert.equal((await left(database))[3], 1, 'thirty days before is the 18th of its month')
})
