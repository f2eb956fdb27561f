import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { wallClock } from '../../runtime/clock.ts'
import { every } from '../../runtime/loop.ts'
import { clientConfig, type Database } from '../../store/db.ts'
import { mergeSearchWords } from '../../store/merge-search-words.ts'
import { ensurePartitions } from '../../store/partitions.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { mergeSearch } from './merge-search.ts'

const database = await openTestDatabase()
after(() => database[Symbol.asyncDispose]())
const { db } = database

async function recordWords(count: number): Promise<void> {
  await db.transaction(['acme'], async handle => {
    await ensurePartitions(handle, new Date(), new Date())
    await handle.query(
      `insert into events (tenant_id, event_id, pod, kind, case_id, occurred_at, recorded_at, payload, search)
       select 'acme', gen_random_uuid(), 'customer-ops', 'lead.created', n, now(), now(), '{}', ('w' || n)::tsvector
       from generate_series(1, ${count}) n`,
    )
  })
}

async function breakConnection(): Promise<void> {
  const superuser = new pg.Client(clientConfig(database.address, null))
  await superuser.connect()
  const { rowCount } = await superuser.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
       and query like '%merge_search_words%'`,
  )
  await superuser.end()
  assert.ok(rowCount !== null && rowCount > 0)
}

test('what is merged is out of the list beside the index, and nothing is left for the next time', async () => {
  await recordWords(2_000)
  const merged = await db.transaction([], mergeSearchWords)
  assert.ok(merged > 0, `${merged} pages`)
  assert.equal(await db.transaction([], mergeSearchWords), 0)
})

test('it goes on by itself, also after its connection was lost', async () => {
  const failed: string[] = []
  const merges: number[] = []
  let ended: (() => void) | null = null
  // The database as it is, with every merge counted.
  const watched: Database = {
    ...db,
    async connect(options) {
      const client = await db.connect(options)
      const query = client.query.bind(client) as (...given: unknown[]) => Promise<{ rows: { pages: number }[] }>
      client.query = (async (...given: unknown[]) => {
        const answer = await query(...given)
        merges.push(answer.rows[0]?.pages ?? 0)
        ended?.()
        return answer
      }) as unknown as typeof client.query
      return client
    },
  }
  const nextMerge = () => new Promise<void>(resolve => (ended = resolve))
  const loops = { clock: wallClock(), onError: (_error: unknown, loop: string) => failed.push(loop) }
  await using _running = mergeSearch({ db: watched, every: loop => every({ ...loop, ...loops }) }, 20)
  const mergedAll = async (): Promise<void> => {
    const before = merges.length
    await recordWords(2_000)
    while (!merges.slice(before).some(pages => pages > 0)) await nextMerge()
  }
  await mergedAll()
  await breakConnection()
  await mergedAll()
  assert.ok(failed.length > 0 && failed.every(loop => loop === 'search-merge'), String(failed))
})
