import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from './db.ts'
import { forgetRecords } from './forget-records.ts'
import { openTestDatabase } from './test-database.ts'

const day = (n: number): Date => new Date(Date.UTC(2026, 2, n))

/** Of every case two decisions of two steps each: what a page of the outbox may end between. The last case goes on later. */
const cases = 7
const send = (db: Database) =>
  db.transaction(['acme'], handle =>
    handle.query(
      `insert into outbox (tenant_id, case_id, decision_id, step, pod, channel, text, recorded_at)
        select 'acme', 'c' || n, md5(n || '/' || of_case)::uuid, step, 'clinic', 'letter', 'words',
          case when n = ${cases} and step = 'write' then $2::timestamptz else $1 end
        from generate_series(1, ${cases}) n, generate_series(1, 2) of_case, unnest(array['call', 'write']) step`,
      [day(2), day(20)],
    ),
  )
const left = async (db: Database): Promise<readonly string[]> => {
  const { rows } = await db.read(['acme'], handle =>
    handle.query<{ case_id: string; n: number }>(
      'select case_id, count(*)::int as n from outbox group by case_id order by case_id',
    ),
  )
  return rows.map(row => `${row.case_id}: ${row.n}`)
}

test('what was sent about a case is forgotten at once, however pages end; what was sent later stays', async () => {
  for (const pageRows of [1, 3, 5, 100]) {
    await using database = await openTestDatabase({ poolSize: 2 })
    const { db } = database
    await send(db)
    const pages: string[] = []
    const seen: Database = {
      ...db,
      async transaction(tenants, work) {
        const done = await db.transaction(tenants, work)
        pages.push((await left(db)).join(' '))
        return done
      },
    }
    await forgetRecords(seen, 'acme', day(10), { pageRows })
    for (const page of pages) assert.doesNotMatch(page.replace(`c${cases}: 2`, ''), /: [123]/, `${pageRows} a page`)
    assert.ok(new Set(pages).size >= Math.min(cases, Math.floor((4 * cases) / pageRows)), 'it was cut into pages')
    assert.deepEqual(await left(db), [`c${cases}: 2`])
  }
})
