import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { lookAtServer } from '../app/doctor/database.ts'
import { pod, recordLead, recordMessage } from '../manage/cases/testing/record-leads.ts'
import { findByWords, searchBounds } from './case-search.ts'
import { clientConfig, openDatabase, type Reader } from './db.ts'
import { indexableSearch } from './migrate.ts'
import { openTestDatabase } from './test-database.ts'

const database = await openTestDatabase({ poolSize: 1 })
after(() => database[Symbol.asyncDispose]())
const { db, address } = database

const bounds = { readAtMost: 20, enough: 5, rankAtMost: 10, indexMs: 60_000 }
const at = (minutes: number) => new Date(Date.parse('2026-01-31T23:30:00Z') + minutes * 60_000)

before(async () => {
  // L0 is the oldest, in another month than most. Every second one is about a roof.
  for (let n = 0; n < 60; n++)
    await recordLead(db, {
      tenant: 'acme',
      id: `L${n}`,
      at: at(n),
      details: `${n % 2 === 0 ? 'roof' : 'wall'} number${n}`,
    })
  // Enough that the choice of an index is one.
  await db.transaction(['acme'], handle =>
    handle.query(
      `insert into events (tenant_id, event_id, pod, kind, case_id, occurred_at, recorded_at, payload, search)
       select 'acme', 'F' || n, $1, 'lead.created', 'F' || n, $2, $2::timestamptz - n * interval '1 second', '{}',
         case n when 19940 then 'last' when 19941 then 'beyond' else 'filler' end::tsvector
       from generate_series(1, 20000) n`,
      [pod, at(-10)],
    ),
  )
  await db.transaction(['acme'], async handle => {
    await handle.query(
      `select gin_clean_pending_list(inhrelid) from pg_inherits where inhparent = 'events_search'::regclass`,
    )
    await handle.query('analyze events')
  })
  await recordLead(db, { tenant: 'borg', id: 'B0', at: at(0), details: 'roof number3' })
  await recordMessage(db, { tenant: 'acme', caseId: 'L7', id: 'L7-1', at: at(70), text: 'the cellar is wet' })
})

/** Searches, and tells by which plan each statement found its rows. */
async function search(query: string, on = database.db, within = bounds, limit = 50) {
  const plans = new Map<string, string>()
  const explained = (handle: Reader): Reader => {
    const explaining: Reader = {
      async query<Row extends pg.QueryResultRow>(asked: pg.QueryConfig | string) {
        if (typeof asked === 'string') throw new Error('unexpected')
        if (asked.values?.[2] === query) {
          const plan = await handle.query<{ 'QUERY PLAN': string }>({
            text: `explain (costs off) ${asked.text}`,
            values: asked.values,
          })
          plans.set(asked.name ?? '', plan.rows.map(row => row['QUERY PLAN']).join('\n'))
        }
        return handle.query<Row>(asked)
      },
    }
    return explaining
  }
  const read = <T>(work: (reader: Reader) => Promise<T>) => on.transaction(['acme'], handle => work(explained(handle)))
  const answer = await findByWords(read, { tenant: 'acme', pod }, query, limit, within)
  return { ids: answer.found.map(one => one.caseId), onlyNewest: answer.onlyNewest, plans }
}

async function administer(text: string): Promise<void> {
  const client = new pg.Client(clientConfig(address, null))
  await client.connect()
  await client.query(text)
  await client.end()
}

test('a superuser login allows the index in its own database', async () => {
  const { rows } = await db.transaction([], handle =>
    handle.query<{ proleakproof: boolean }>(`select proleakproof from pg_proc where proname = 'ts_match_vq'`),
  )
  assert.deepEqual(rows, [{ proleakproof: true }])
})

test('a common word ends among the newest leads and says so; at most so many of them are ranked', async () => {
  const { ids, onlyNewest, plans } = await search(`'roof'`)
  assert.equal(onlyNewest, 20)
  assert.deepEqual(
    ids,
    [58, 56, 54, 52, 50, 48, 46, 44, 42, 40].map(n => `L${n}`),
  )
  assert.deepEqual([...plans.keys()], ['cases_search_newest_20'])
  const plan = plans.get('cases_search_newest_20') ?? ''
  assert.match(plan, /Index Scan Backward using events_\w+ on events/)
  assert.doesNotMatch(plan, /Seq Scan on (events|messages)|JIT/)
})

test('a rare word is found by the index however old it is', async () => {
  const { ids, onlyNewest, plans } = await search(`'number3'`)
  assert.deepEqual([ids, onlyNewest], [['L3'], null])
  const plan = plans.get('cases_search_all_20') ?? ''
  assert.match(plan, /Bitmap Index Scan on events_\w*search\w*\n\s+Index Cond: \(search @@/)
  assert.doesNotMatch(plan, /Seq Scan on (events|messages)|BitmapAnd/)
  assert.deepEqual((await search(`'cellar'`)).ids, ['L7'])
})

test('as the service searches: a common word ranks the newest thousand that hold it, a rare one is found behind 20,000', async () => {
  const common = await search(`'filler'`, db, searchBounds, 5_000)
  const newest = Array.from({ length: 1_000 }, (_, n) => `F${n + 1}`)
  assert.deepEqual([common.ids, common.onlyNewest], [newest, 20_000])
  const rare = await search(`'beyond'`, db, searchBounds)
  assert.deepEqual([rare.ids, rare.onlyNewest], [['F19941'], null])
})

test('the index is not asked for ever: then the newest leads are the answer, which says so, and the next search is unharmed', async () => {
  const impatient = await search(`'filler' | 'number45'`, db, { ...bounds, indexMs: 1 })
  assert.deepEqual([impatient.ids, impatient.onlyNewest], [['L45'], 20])
  assert.deepEqual((await search(`'filler'`)).ids.length, bounds.rankAtMost)
  assert.deepEqual((await search(`'number3'`)).ids, ['L3'])
})

test('a plain login reads the newest leads and says so, and doctor prints the statement that changes it', async () => {
  await administer(`alter function pg_catalog.ts_match_vq(tsvector, tsquery) not leakproof`)
  await administer(
    `do $$ begin create role line_plain login; exception when duplicate_object then null; end $$; grant surety_app to line_plain`,
  )
  const plain = { ...address, user: 'line_plain' }
  const { host, port, user, database: name } = plain
  const url = new URL(
    address.url ?? `postgres://${user}@host/${name}?host=${encodeURIComponent(host ?? '')}&port=${port}`,
  )
  url.username = 'line_plain'
  await administer(
    `do $$ begin execute format('grant create on database %I to line_plain', current_database()); end $$`,
  )
  await using login = openDatabase({ url: url.href }, 'surety_app', 1)
  const rare = await search(`'number3'`, login)
  assert.deepEqual([rare.ids, rare.onlyNewest], [[], 20])
  assert.deepEqual((await search(`'number51'`, login)).ids, ['L51'])
  // With the bounds of the service: 60 leads lie before the others, of which the newest 19,940 are read.
  const at = async (query: string) => {
    const { ids, onlyNewest } = await search(query, login, searchBounds)
    return [ids, onlyNewest]
  }
  assert.deepEqual(await at(`'last'`), [['F19940'], 20_000])
  assert.deepEqual(await at(`'beyond'`), [[], 20_000])
  const sentence = async () =>
    (await lookAtServer({ url: url.href }, () => new Date(), 5_000)).checks.find(check => check.name === 'search')
      ?.sentence ?? ''
  assert.match(await sentence(), /the newest 20,000 leads/)
  assert.ok((await sentence()).endsWith(`${indexableSearch};`), await sentence())
  await administer(indexableSearch)
  assert.equal(await sentence(), 'Search uses its index.')
  assert.deepEqual((await search(`'number3'`, login)).ids, ['L3'])
})
