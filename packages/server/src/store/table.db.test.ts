import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  bool,
  bytes,
  float8,
  insertRow,
  insertRows,
  int2,
  int4,
  int8,
  json,
  jsonb,
  orNull,
  type RowOf,
  table,
  text,
  texts,
  time,
  uuid,
} from './table.ts'
import { openTestDatabase } from './test-database.ts'

const things = table('things', {
  tenant: text('tenant_id'),
  id: uuid('id'),
  count: int8('count'),
  small: orNull(int2('small')),
  whole: orNull(int4('whole')),
  share: orNull(float8('share')),
  on: orNull(bool('is_on')),
  at: orNull(time('at')),
  body: orNull(bytes('body')),
  detail: orNull(json<unknown>('detail')),
  limits: orNull(jsonb<unknown>('limits')),
  words: orNull(texts('words')),
  note: orNull(text('note')),
})
type Thing = RowOf<typeof things>

const sentence = fc.string({ unit: 'grapheme' }).filter(value => !value.includes('\0'))
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const thing: fc.Arbitrary<Thing> = fc.record(
  {
    tenant: fc.constant('acme'),
    id: fc.uuid(),
    count: fc.maxSafeInteger(),
    small: maybe(fc.integer({ min: -32768, max: 32767 })),
    whole: maybe(fc.integer({ min: -2147483648, max: 2147483647 })),
    share: maybe(fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => value + 0)),
    on: maybe(fc.boolean()),
    at: maybe(fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })),
    body: maybe(fc.uint8Array({ maxLength: 20 }).map(value => Buffer.from(value))),
    detail: maybe(fc.record({ a: fc.integer(), b: fc.array(sentence) }, { noNullPrototype: true })),
    limits: maybe(fc.record({ a: fc.integer() }, { noNullPrototype: true })),
    words: maybe(fc.array(sentence, { maxLength: 3 })),
    note: maybe(sentence),
  },
  { noNullPrototype: true },
)

test('rows come back as they were given, inserted one by one or all at once', async () => {
  await using database = await openTestDatabase()
  await database.db.transaction(['acme'], async db => {
    await db.query(`create temporary table things (tenant_id text, id uuid, count bigint, small smallint, whole integer,
      share float8, is_on boolean, at timestamptz, body bytea, detail json, limits jsonb, words text[], note text)`)
    const read = async () =>
      (await db.query<Thing>(`select ${things.columns('t')} from things t order by t.count, t.id`)).rows
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(thing, { selector: one => one.count, maxLength: 8 }), async rows => {
        const sorted = [...rows].sort((a, b) => a.count - b.count)
        await db.query('truncate things')
        assert.equal(await insertRows(db, things, rows), rows.length)
        assert.deepEqual(await read(), sorted)
        await db.query('truncate things')
        for (const row of rows) await insertRow(db, things, row)
        assert.deepEqual(await read(), sorted)
      }),
      { numRuns: 60 },
    )
  })
})

test('a narrower table selects and inserts its own columns only, and what is not in it stays as it was', async () => {
  const brief = things.pick('tenant', 'count')
  assert.equal(brief.columns('t'), 't.tenant_id as "tenant", t.count')
  await using database = await openTestDatabase()
  await database.db.transaction(['acme'], async db => {
    await db.query(
      'create temporary table things (tenant_id text, count bigint, note text default $$here$$, unique (count))',
    )
    assert.equal(
      await insertRows(db, brief, [
        { tenant: 'acme', count: 1 },
        { tenant: 'acme', count: 2 },
      ]),
      2,
    )
    assert.equal(await insertRow(db, brief, { tenant: 'acme', count: 2 }, 'on conflict do nothing'), 0)
    const { rows } = await db.query('select count, note from things order by count')
    assert.deepEqual(rows, [
      { count: 1, note: 'here' },
      { count: 2, note: 'here' },
    ])
  })
})

test('a reader cannot write: the server refuses it, whatever the type was made to say', async () => {
  await using database = await openTestDatabase()
  const { db } = database
  await assert.rejects(
    db.read(['acme'], reader => reader.query(`insert into tenant_directory values ('acme')`)),
    /read-only transaction/,
  )
  assert.deepEqual(await db.read(['acme'], async reader => (await reader.query('select 1 as one')).rows), [{ one: 1 }])
})
