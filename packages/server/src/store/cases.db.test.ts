import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { countReads } from '../testing/count-reads.ts'
import { findCase, groupsOfCases, holdGroupsOf, openCasesOf, pageOfCases } from './cases.ts'
import { clientConfig, type Tx } from './db.ts'
import { findingsOf, pageOfFindings } from './evaluations.ts'
import { ensurePartitions } from './partitions.ts'
import { openTestDatabase } from './test-database.ts'

/** What a desk and the line ask of alerts and findings reads as much of twenty times as many: counted in rows and pages. */
const database = await openTestDatabase({ poolSize: 1 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const pod = 'heating'
const now = new Date('2026-03-10T09:00:00Z')
await db.transaction([], handle => ensurePartitions(handle, now, now))

/** Of a hundred groups; one in a hundred alerts is open. */
async function fill(tenant: string, n: number): Promise<void> {
  await db.transaction([tenant], async handle => {
    await handle.query(
      `insert into groups (tenant_id, pod, group_key) select $1, '${pod}', 'site:' || n from generate_series(0, 99) n`,
      [tenant],
    )
    await handle.query(
      `insert into cases select $1, '${pod}', 'c' || n, 'alert', 'k' || n, 't', '', 2, 'site:' || n % 100, array['site:' || n % 100],
          array[0::smallint], at, at, null, at, 1, '{}', at, case when n % 100 = n / 100 % 100 then null else at end
        from (select n, $2::timestamptz - n * interval '1 second' as at from generate_series(0, $3::int - 1) n) given`,
      [tenant, now, n],
    )
    await handle.query(
      `insert into evaluations (tenant_id, pod, event_id, place, code, about, recorded_at, occurred_at, family, severity, confidence,
          measured, cut, fired, unknown, evidence)
        select $1, '${pod}', 'e' || n, 0, case when n % 500 = 0 then 'SELDOM' else 'OFTEN' end, '', at, at, 'f', 2, .5, 1, 0,
          n % 10 = 0, null, '{}'
        from (select n, $2::timestamptz - n * interval '1 second' as at from generate_series(0, $3::int - 1) n) given`,
      [tenant, now, n],
    )
  })
}
const small = 1_000
await fill('small', small)
await fill('large', 20 * small)
// As the loop `table-statistics` does it.
const address = new pg.Client(clientConfig(database.address, null))
await address.connect()
await address.query('analyze cases, evaluations, groups')
await address.end()

const held = (tenant: string) => ({ tenant, pod, ranks: ['site'], named: ['site:3'], follow: [] })
const asks: { readonly [what: string]: (tenant: string, limit: number) => Promise<readonly unknown[]> } = {
  'the open alerts': (tenant, limit) =>
    counted(tenant, handle => pageOfCases(handle, { tenant, pod, open: true, after: null, limit })),
  'all alerts': (tenant, limit) =>
    counted(tenant, handle => pageOfCases(handle, { tenant, pod, open: null, after: null, limit })),
  'one alert': tenant => counted(tenant, async handle => [await findCase(handle, tenant, [pod], 'c7')]),
  'groups of an alert': tenant =>
    counted(tenant, async handle => [...(await groupsOfCases(handle, tenant, pod, ['c7']))]),
  'groups of an alert, held': tenant =>
    counted(tenant, async handle => {
      await holdGroupsOf(handle as Tx, tenant, ['c7', 'L1'])
      return [0]
    }),
  findings: (tenant, limit) =>
    counted(tenant, handle => pageOfFindings(handle, { tenant, pod, code: null, after: null, limit })),
  'findings of a seldom rule': tenant =>
    counted(tenant, handle => pageOfFindings(handle, { tenant, pod, code: 'SELDOM', after: null, limit: 2 })),
  'findings of an event': tenant =>
    counted(tenant, async handle =>
      (await findingsOf(handle, [{ tenant, pod, eventId: 'e0', recordedAt: now }])).flat(),
    ),
}
let reads = { rows: 0, pages: 0 }
type Ask = Parameters<typeof db.read<readonly unknown[]>>[1]
async function counted(tenant: string, ask: Ask): Promise<readonly unknown[]> {
  const counting = countReads(db)
  const found = await counting.transaction([tenant], ask)
  reads = counting.takeReads()
  return found
}

for (const [what, ask] of Object.entries(asks))
  test(`${what}: no more is read of twenty times as much`, async () => {
    assert.ok((await ask('small', 5)).length > 0)
    const before = reads
    assert.ok((await ask('large', 5)).length > 0)
    assert.ok(reads.rows <= before.rows + 20, `${before.rows} and ${reads.rows} rows`)
    assert.ok(reads.pages <= 2 * before.pages + 20, `${before.pages} and ${reads.pages} pages`)
  })

test('open alerts of a group: the closed ones of it cost nothing', async () => {
  const open = (tenant: string) =>
    counted(tenant, handle => openCasesOf(handle, held(tenant), [new Date(0), now], ['c3', 'c103']))
  assert.ok((await open('small')).length <= 3)
  const before = reads
  const found = await open('large')
  assert.ok(reads.rows <= before.rows + 4 * found.length + 10, `${before.rows} and ${reads.rows} rows`)
})

test('alerts of a group that nobody closed cost nothing once their window is over, and are found where they are answered', async () => {
  await db.transaction(['windows'], handle =>
    handle.query(
      `insert into cases select 'windows', '${pod}', 'w' || n, 'alert', 'k', 't', '', 2, 'site:3', array['site:3'], array[0::smallint], at, at,
          at + interval '2 hours', at, 1, '{}', at, null
        from (select n, $1::timestamptz - n * interval '1 hour' as at from generate_series(0, 1999) n) given`,
      [now],
    ),
  )
  const hoursAgo = (n: number) => new Date(now.getTime() - n * 3_600_000)
  const open = async (from: Date, to: Date, answered: readonly string[]) =>
    (await counted('windows', handle => openCasesOf(handle, held('windows'), [from, to], answered))).map(
      one => (one as { caseId: string }).caseId,
    )
  assert.deepEqual(await open(now, now, ['w900', 'w1']), ['w900', 'w1', 'w0'])
  // The groups are so few that they are read whole.
  assert.ok(reads.rows < 250, `${reads.rows} rows`)
  assert.ok(reads.pages < 60, `${reads.pages} pages`)
  assert.deepEqual(await open(hoursAgo(1500), hoursAgo(1499.5), []), ['w1501', 'w1500', 'w1499', 'w1498'])
})
