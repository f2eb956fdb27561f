import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retain } from '../manage/retention/retain.ts'
import { runDirectly } from '../runtime/run-task.ts'
import type { Task } from '../runtime/task.ts'
import { startWorld } from '../testing/start-world.ts'
import { expireContacts } from './contact-retention.ts'
import { ensurePartitions } from './partitions.ts'
import { expireTexts, trimMessages } from './retention.ts'
import { openTestDatabase, type TestDatabase } from './test-database.ts'

test('texts that expire take their search words along; the lead is found by its name until its contact goes too', async () => {
  await using world = await startWorld()
  const body = { name: 'Quirky Roe', email: 'roe@example.com', details: 'Zinc gutters, mail jane@example.org' }
  const { data } = await world.call('/v1/lead', { body })
  await world.call(`/v1/lead/${data.lead_id}/messages`, { body: { role: 'user', text: 'Copper gutters instead.' } })
  const found = async (q: string): Promise<number> =>
    (await world.call(`/v1/search?q=${encodeURIComponent(q)}`)).data.count
  const words = async () => [
    await found('zinc'),
    await found('copper'),
    await found('roe'),
    await found('roe@example.com'),
  ]
  assert.deepEqual(await words(), [1, 1, 1, 1])
  const soon = new Date(Date.now() + 1000)
  await expireTexts(world.app.db, 'acme', soon)
  assert.deepEqual(await words(), [0, 0, 1, 1])
  const { rows } = await world.app.db.transaction(['acme'], db =>
    db.query<{ text: string }>(`select e::text as text from events e`),
  )
  assert.doesNotMatch(rows.map(row => row.text).join('\n'), /zinc|gutters|copper/i)
  await expireContacts(world.app.db, 'acme', soon)
  assert.deepEqual(await words(), [0, 0, 0, 0])
  assert.equal((await world.call(`/v1/lead/${data.lead_id}`)).data.lead.name, null)
})

const day = (n: number): Date => new Date(Date.UTC(2026, 2, n))
const pageRows = 3

async function seeded(): Promise<TestDatabase> {
  const database = await openTestDatabase({ poolSize: 3 })
  await database.db.transaction([], db => ensurePartitions(db, day(1), day(31)))
  return database
}
const run = (database: TestDatabase, sql: string, tenant = 'acme') =>
  database.db.transaction([tenant], db => db.query<{ n: number }>(sql))
const count = async (database: TestDatabase, what: string): Promise<number> =>
  (await run(database, `select count(*) as n from ${what}`)).rows[0]!.n

/** Case `c<i>` was opened on day i at noon, with its contact and its text. */
const openCases = (database: TestDatabase, from: number, to: number, tenant = 'acme') =>
  run(
    database,
    `with given as (select i, 'c' || i as id, timestamptz '2026-02-28 12:00Z' + make_interval(days => i) as at
       from generate_series(${from}, ${to}) i),
     keys as (insert into event_keys select '${tenant}', id, id, 'lead.created', '', at, gen_random_uuid() from given)
     insert into events (tenant_id, event_id, pod, kind, case_id, occurred_at, recorded_at, payload, sealed)
     select '${tenant}', id, 'customer-ops', 'lead.created', id, at, at, '{"details":"words"}', 'sealed' from given`,
    tenant,
  )
const say = (database: TestDatabase, caseId: string, at: string, copies = 1) =>
  run(
    database,
    `insert into messages (tenant_id, event_id, pod, case_id, role, text, ts, recorded_at)
     select 'acme', 'm' || i, 'customer-ops', '${caseId}', 'user', 'words', timestamptz '${at}' + make_interval(secs => i),
       timestamptz '${at}' from generate_series(1, ${copies}) i`,
  )

test('texts expire page by page, each page once: what an earlier run passed is not read again', async () => {
  await using database = await seeded()
  await openCases(database, 1, 20)
  // More messages of one moment than a page holds.
  await say(database, 'c1', '2026-03-02T00:00:00Z', 10)
  const kept = () => count(database, `events where payload ->> 'details' is not null`)
  await expireTexts(database.db, 'acme', day(11), { pageRows })
  assert.equal(await kept(), 10)
  assert.equal(await count(database, 'messages'), 0)
  // A text put back behind the mark shows that it is passed by.
  await run(database, `update events set payload = '{"details":"back"}' where case_id = 'c5'`)
  await expireTexts(database.db, 'acme', day(13), { pageRows })
  assert.equal(await kept(), 8 + 1)
  await expireTexts(database.db, 'acme', day(9), { pageRows })
  await expireTexts(database.db, 'acme', day(14), { pageRows })
  assert.equal(await kept(), 7 + 1)
})

test('a mark that a wrong clock left keeps nothing from expiring: it counts as none, once', async () => {
  await using database = await seeded()
  await openCases(database, 1, 20)
  const kept = () => count(database, `events where payload ->> 'details' is not null`)
  await expireTexts(database.db, 'acme', day(3), { pageRows, now: day(30) })
  assert.equal(await kept(), 18)
  await run(database, `update retention_marks set done_until = '2099-01-01'`)
  await expireTexts(database.db, 'acme', day(11), { pageRows, now: day(31) })
  assert.equal(await kept(), 10)
  assert.equal(await count(database, `retention_marks where done_until > '2098-01-01'`), 0)
  // From then on marks are believed: what was passed is not read again.
  await run(database, `update events set payload = '{"details":"back"}' where case_id = 'c5'`)
  await expireTexts(database.db, 'acme', day(12), { pageRows, now: day(32) })
  assert.equal(await kept(), 9 + 1)
})

test('what somebody wrote beside an outcome expires with the texts; the outcome stays', async () => {
  await using database = await seeded()
  await run(
    database,
    `insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, notes, occurred_at, recorded_at)
     select 'acme', 'o' || i, 'table', 'c' || i, 'won', 1, 'reported', 'She said so', at, at
     from generate_series(1, 9) i, lateral (select timestamptz '2026-02-28 12:00Z' + make_interval(days => i)) t(at)`,
  )
  await expireTexts(database.db, 'acme', day(5), { pageRows })
  assert.equal(await count(database, 'outcomes where notes is not null'), 5)
  assert.equal(await count(database, `outcomes where outcome = 'won' and label = 1`), 9)
})

test('a run that ends half-way keeps what it did and goes on there', async () => {
  await using database = await seeded()
  await openCases(database, 1, 9)
  await run(database, `update events set payload = '{"details": "\\u0000"}' where case_id = 'c7'`)
  await assert.rejects(expireTexts(database.db, 'acme', day(20), { pageRows }))
  assert.equal(await count(database, `events where payload::text not like '%details%'`), 6)
  await run(database, `update events set payload = '{"details": "words"}' where case_id = 'c7'`)
  await expireTexts(database.db, 'acme', day(20), { pageRows })
  assert.equal(await count(database, `events where payload::text like '%details%'`), 0)
})

test('contact fields wait for the last sign of a case, also where its message has expired meanwhile', async () => {
  await using database = await seeded()
  await openCases(database, 1, 8)
  await say(database, 'c2', '2026-03-10T00:00:00Z')
  await run(
    database,
    `insert into outcomes (tenant_id, event_id, pod, case_id, outcome, source, occurred_at, recorded_at)
     values ('acme', 'o', 'customer-ops', 'c3', 'lost', 'reported', '2026-03-12', '2026-03-12')`,
  )
  await run(database, `insert into fences values ('acme', 'c4', 1, 'message_user', '2026-03-14')`)
  await run(database, `update events set search = array_to_tsvector(array['n:roe'])`)
  const open = async () => {
    const found = await database.db.transaction(['acme'], db =>
      db.query<{ case_id: string }>('select case_id from events where sealed is not null order by 1'),
    )
    return found.rows.map(row => row.case_id).join(' ')
  }
  const expire = (n: number) => expireContacts(database.db, 'acme', day(n), { pageRows })
  await expire(5)
  assert.equal(await open(), 'c2 c3 c4 c5 c6 c7 c8')
  await run(database, 'delete from messages')
  await expire(9)
  assert.equal(await open(), 'c2 c3 c4')
  await expire(11)
  assert.equal(await open(), 'c3 c4')
  await run(database, `update fences set at = '2026-03-20'`)
  await expire(15)
  assert.equal(await open(), 'c4')
  await expire(21)
  assert.equal(await open(), '')
  assert.equal(await count(database, 'events where search is not null'), 0, 'nor do their words find them')
  assert.equal(await count(database, 'contact_waits'), 0)
})

test('the oldest messages of a case leave when it gets new ones; cases that got none are not looked at', async () => {
  await using database = await seeded()
  await say(database, 'c1', '2026-03-02T00:00:00Z', 130)
  await say(database, 'c2', '2026-03-03T00:00:00Z', 40)
  await trimMessages(database.db, 'acme', day(4), { pageRows })
  assert.equal(await count(database, `messages where case_id = 'c1'`), 100)
  await say(database, 'c1', '2026-03-01T00:00:00Z', 5)
  await say(database, 'c2', '2026-03-05T00:00:00Z', 80)
  await trimMessages(database.db, 'acme', day(6), { pageRows })
  assert.deepEqual(
    [await count(database, `messages where case_id = 'c1'`), await count(database, `messages where case_id = 'c2'`)],
    [105, 100],
  )
})

test('what fails for one tenant is told, and the others still have their turn', async () => {
  await using database = await seeded()
  for (const tenant of ['acme', 'zenith']) {
    await openCases(database, 1, 3, tenant)
    await run(database, `insert into key_directory values ('${tenant}', '${tenant}')`)
  }
  await run(database, `update events set payload = '{"details": "\\u0000"}' where case_id = 'c2'`)
  const deps = {
    db: database.db,
    memoryTtlDays: 1,
    contactTtlDays: 0,
    recordTtlDays: 0,
    wallClock: null,
    forgetOldKeys: async () => {},
  }
  const visit: Task['run'] = (at, _, eachTenant) => retain(deps, at, eachTenant)
  const tenants = async () => ['acme', 'zenith']
  await assert.rejects(
    runDirectly({ name: 'retention', schedule: null, run: visit }, day(20), tenants),
    /unicode|\\u0000/i,
  )
  const { rows } = await run(
    database,
    `select count(*) as n from events where payload::text like '%details%'`,
    'zenith',
  )
  assert.equal(rows[0]?.n, 0)
})
