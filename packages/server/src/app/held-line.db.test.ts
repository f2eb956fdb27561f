import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventResult, RawEvent } from '@surety/contract'
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts'
import { punch } from '../testing/guards/pod.ts'
import { openGuards } from '../testing/guards/processes.ts'
import { startsAt as at } from '../testing/guards/shift.ts'
import type { Core } from './core.ts'

let database: TestDatabase
test.before(async () => {
  database = await openTestDatabase({ poolSize: 4 })
})
test.after(() => database[Symbol.asyncDispose]())

const run = (core: Core, ...raws: readonly RawEvent[]): Promise<readonly EventResult[]> =>
  core.run(raws.map(raw => ({ raw, at, startedMs: 0 })))
const punched = (tenant: string, eventId: string, who: string, second: number): RawEvent => ({
  tenant,
  kind: punch.name,
  eventId,
  occurredAt: new Date(at.getTime() - 60_000 + 1000 * second),
  data: { person: who, site: 'S1', way: 'in' },
})
const statuses = (results: readonly EventResult[]) =>
  results.map(result => (result.status === 'rejected' ? result.code : result.status))
const rowsOf = async (tenant: string, kind: string): Promise<{ readonly [row: string]: unknown }> => {
  const { rows } = await database.db.read([tenant], db =>
    db.query<{ id: string; value: unknown }>(
      `select group_key || ' ' || bucket as id, value from state_rows where kind = $1`,
      [kind],
    ),
  )
  return Object.fromEntries(rows.map(({ id, value }) => [id, value]))
}

test('a row whose bucket follows from what was found is read and folded, though nobody else asks for its kind', async () => {
  await using core = await openGuards(database.db)
  for (const n of [1, 2, 3, 4]) {
    const results = await run(core, punched('found', `e${n}`, `P${n}`, n))
    assert.deepEqual(statuses(results), ['recorded'])
  }
  assert.deepEqual(await rowsOf('found', 'alarms'), { 'site:S1 CROWDED': { count: 2 } })
})
