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

const sql = (db: Database, text: string) => db.transaction(['acme'], handle => handle.query(text))

test('what a model was judged on when it was made stays; what was decided or imported since goes', async () => {
  await using database = await openTestDatabase({ poolSize: 2 })
  const { db } = database
  await sql(
    db,
    `insert into calibration_rows (tenant_id, pod, question, model_digest, row_id, source, probability, label, decided_at,
        labelled_at, quality, automatic, audited, propensity)
      select 'acme', 'clinic', 'main', 'digest', source, source, .5, 1, '2026-03-02', '2026-03-02', 'human', false, false, 1
      from unnest(array['held_out', 'csv', 'live', 'imported']) source`,
  )
  await forgetRecords(db, 'acme', day(10))
  const { rows } = await sql(db, 'select source from calibration_rows order by 1')
  assert.deepEqual(
    rows.map(row => row['source']),
    ['csv', 'held_out'],
  )
})

test('a case stays that was seen or closed since, however long ago it was opened', async () => {
  await using database = await openTestDatabase({ poolSize: 2 })
  const { db } = database
  await sql(
    db,
    `insert into cases (tenant_id, pod, case_id, rule, case_key, type, subject, severity, group_key, group_keys, group_ranks,
        first_seen, last_seen, clock_from, occurrences, asked, opened_at, closed_at)
      select 'acme', 'clinic', id, 'rule', id, 'type', '', 1, id, array[id], array[0::smallint], opened, seen, opened, 1, '{}', opened, closed
      from (values ('seen', '2026-03-20'::timestamptz, null::timestamptz), ('closed', '2026-03-01', '2026-03-20'),
        ('over', '2026-03-01', '2026-03-02')) given(id, seen, closed), (select '2026-03-01'::timestamptz as opened) old`,
  )
  await forgetRecords(db, 'acme', day(10))
  const { rows } = await sql(db, 'select case_id from cases order by 1')
  assert.deepEqual(
    rows.map(row => row['case_id']),
    ['closed', 'seen'],
  )
})

test('from which moment on evidence may be counted is written before the first row goes', async () => {
  await using database = await openTestDatabase({ poolSize: 2 })
  const { db } = database
  await send(db)
  const marks: string[] = []
  const seen: Database = {
    ...db,
    async transaction(tenants, work) {
      const done = await db.transaction(tenants, work)
      const { rows } = await sql(db, 'select name from retention_marks order by 1')
      marks.push(`${(await left(db)).length}: ${rows.map(row => row['name']).join(' ')}`)
      return done
    },
  }
  await forgetRecords(seen, 'acme', day(10))
  assert.ok(marks.includes(`${cases}: evidence`), marks.join('\n'))
  assert.equal(marks.at(-1), '1: evidence records')
})
