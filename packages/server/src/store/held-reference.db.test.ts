import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { readingPages } from '../testing/read-pages.ts'
import { type HeldReferenceAsk, readHeldReference } from './held-reference.ts'
import { openTestDatabase } from './test-database.ts'

const database = await openTestDatabase({ poolSize: 1 })
after(() => database[Symbol.asyncDispose]())
const { db, take } = readingPages(database.db)
const at = new Date('2026-03-10T09:00:00Z')
const hour = 3_600_000
const [from, to] = [new Date(at.getTime() - hour), new Date(at.getTime() + hour)]

/** Thermostats, each with an engineer who comes at nine and a note without a time. */
const fit = (tenant: string, count: number) =>
  db.transaction([tenant], handle =>
    handle.query(
      `insert into entities (tenant_id, pod, kind, entity_id, valid_from, known_from, version, made_in, ended, body, key1,
          span_from, span_to)
        select $1, 'heating', kind, kind || n, $3::timestamptz - interval '1 day', 1, 1, 1, false, '{}', 'T' || n,
          case kind when 'visit' then $3::timestamptz end, case kind when 'visit' then $3::timestamptz end
        from generate_series(0, $2::int - 1) n, unnest(array['T', 'visit', 'note']) as kind`,
      [tenant, count, at],
    ),
  )
const whole = { group: 'thermostat', from: at, to: at }
const span = { from, to, longestMs: hour }
const asks: readonly HeldReferenceAsk[] = [
  { ...whole, kind: 'T', slot: 0, span: null },
  { ...whole, kind: 'visit', slot: 1, span },
  { ...whole, kind: 'note', slot: 1, span },
]
const read = (tenant: string) => {
  const named = ['thermostat:T3', 'thermostat:T5', 'room:T7']
  const held = { tenant, pod: 'heating', ranks: ['thermostat', 'room'], named, follow: [] }
  return db.read([tenant], reader => readHeldReference(reader, held, asks))
}

test('what is read for the groups of a batch is found by their keys, however many others there are', async () => {
  await fit('small', 20)
  await fit('large', 2_000)
  await db.transaction([], handle => handle.query('analyze entities'))
  take()
  const { found } = await read('small')
  assert.deepEqual(
    found.map(rows => rows.map(({ group, id }) => `${group} ${id}`).toSorted()),
    ['T', 'visit', 'note'].map(kind => [3, 5].map(n => `thermostat:T${n} ${kind}${n}`)),
  )
  assert.deepEqual((await read('large')).found, found)
  const [few, many] = take().map(({ pages }) => pages) as [number, number]
  assert.ok(many < 2 * few && many < 60, `${few} and ${many} pages`)
})
