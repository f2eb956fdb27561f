// What is told of events that were recorded before: the same as at first, of a whole batch at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventResult, RawEvent } from '@surety/contract'
import { heating, reading, visited } from '../../../../tests/thermostats/pod.ts'
import { installed, podsFrom } from '../pods.ts'
import type { Database, Reader } from '../store/db.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { leadOf, openActingCore } from '../testing/acting-core.ts'

const at = new Date('2027-03-01T12:00:00Z')
const database = await openTestDatabase()
let queries = 0
const core = await openActingCore(database, () => at, {
  db: counting(database.db),
  pods: podsFrom([...installed.pods, heating]),
})
test.after(async () => {
  await core[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

/** What is asked beside the writing of a batch, which has a connection of its own. */
function counting(db: Database): Database {
  const counted =
    <Handle extends Reader, T>(work: (handle: Handle) => Promise<T>) =>
    (handle: Handle): Promise<T> =>
      work(
        new Proxy(handle, {
          get(of, name) {
            if (name === 'query') queries++
            const value: unknown = Reflect.get(of, name)
            return typeof value === 'function' ? value.bind(of) : value
          },
        }),
      )
  return {
    ...db,
    transaction: (tenants, work) => db.transaction(tenants, counted(work)),
    read: (tenants, work) => db.read(tenants, counted(work)),
  }
}

async function run(
  raws: readonly RawEvent[],
): Promise<{ readonly results: readonly EventResult[]; readonly asked: number }> {
  queries = 0
  const results = await core.run(raws.map(raw => ({ raw, at, startedMs: 0 })))
  return { results, asked: queries }
}
const readingOf = (n: number, celsius = n % 2 === 0 ? 20 : 40): RawEvent => ({
  tenant: 'acme',
  eventId: `r${n}`,
  kind: reading.name,
  occurredAt: new Date(at.getTime() - 3_600_000 + n * 1000),
  data: { code: `T${n % 4 < 2 ? 'a' : 'b'}`, celsius },
})
const decided = (results: readonly EventResult[]) =>
  results.map(result => {
    assert.ok(result.status !== 'rejected', JSON.stringify(result))
    const { status: _status, ...told } = result
    return told
  })

test('the events of a batch that were recorded before are told what the first were, in their order, by as many queries as one is', async () => {
  const all = Array.from({ length: 40 }, (_, n) => readingOf(n))
  const first = decided((await run(all)).results)
  assert.ok(first.some(({ findings }) => findings!.length > 0) && first.some(({ decisions }) => decisions.length > 1))
  const one = await run([readingOf(7)])
  assert.deepEqual(decided(one.results), [first[7]])
  const mixed = [...all.toReversed(), readingOf(40), readingOf(3, 21)]
  const { results, asked } = await run(mixed)
  assert.deepEqual(decided(results.slice(0, 40)), first.toReversed())
  assert.deepEqual(
    results.map(result => (result.status === 'rejected' ? result.code : result.status)),
    [...Array(40).fill('duplicate'), 'recorded', 'event_id_conflict'],
  )
  assert.ok(asked <= one.asked, `${one.asked} and ${asked} queries`)
})

test('the same of events that are cases of their own, of several tenants', async () => {
  const all = Array.from({ length: 40 }, (_, n) => leadOf(n % 2 === 0 ? 'acme' : 'globex', `L${n}`))
  const first = decided((await run(all)).results)
  const one = await run([all[7]!])
  assert.deepEqual(decided(one.results), [first[7]])
  const { results, asked } = await run(all.toReversed())
  assert.deepEqual(decided(results), first.toReversed())
  assert.ok(asked <= one.asked, `${one.asked} and ${asked} queries`)
})

test('an answer that was recorded is a repeat, also once retention has taken its alert away', async () => {
  const opening = await run(
    [0, 1, 2].map(n => ({
      ...readingOf(n, 20 + 20 * n),
      eventId: `gone${n}`,
      data: { code: 'gone', celsius: 20 + 20 * n },
    })),
  )
  const caseId = decided(opening.results)[2]!.decisions.find(({ hung }) => hung === 'opened')!.caseId
  const answer = { tenant: 'acme', eventId: 'answer', kind: visited.name, data: { case: caseId, word: 'fine' } }
  const first = decided((await run([answer])).results)
  const remove = (table: string, where: string) =>
    database.db.transaction(['acme'], db => db.query(`delete from ${table} where tenant_id = 'acme' and ${where}`))
  await remove('cases', `case_id = '${caseId}'`)
  for (const table of ['decisions', 'evaluations', 'events']) await remove(table, `event_id like 'gone%'`)
  const again = await run([answer])
  assert.deepEqual(decided(again.results), first)
  assert.deepEqual(
    (
      await run([
        { ...answer, data: { case: caseId, word: 'broken' } },
        { ...answer, eventId: 'another' },
      ])
    ).results,
    [
      { status: 'rejected', code: 'event_id_conflict' },
      { status: 'rejected', code: 'case_not_found' },
    ],
  )
  const events = await run([{ ...readingOf(2, 60), eventId: 'gone2', data: { code: 'gone', celsius: 60 } }])
  const [{ decisions, findings }] = decided(events.results) as [ReturnType<typeof decided>[number]]
  assert.deepEqual([events.results[0]!.status, decisions, findings], ['duplicate', [], []])
})
