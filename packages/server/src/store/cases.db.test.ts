import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { severities } from '@surety/contract'
import fc from 'fast-check'
import pg from 'pg'
import { countReads } from '../testing/count-reads.ts'
import {
  type CaseShown,
  type CasesFilter,
  findCase,
  groupsOfCases,
  holdGroupsOf,
  openCasesOf,
  pageOfCases,
} from './cases.ts'
import { clientConfig, type Reader, type Tx } from './db.ts'
import { type Finding, type FindingsFilter, findingsOf, findingsOnCases, pageOfFindings } from './evaluations.ts'
import { mostLookedAt, type PageOf } from './looked-page.ts'
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
      `insert into cases select $1, '${pod}', 'c' || n, 'alert', 'k' || n, 't', case when n % 7 = 0 then 'p' || n % 70 else '' end,
          case when n % 97 = 0 then 4 else 2 end, 'site:' || n % 100, array['site:' || n % 100],
          array[0::smallint], at, at, null, at, 1, '{}', at, case when n % 100 = n / 100 % 100 then null else at end
        from (select n, $2::timestamptz - n * interval '1 second' as at from generate_series(0, $3::int - 1) n) given`,
      [tenant, now, n],
    )
    await handle.query(
      `insert into evaluations (tenant_id, pod, event_id, place, code, about, recorded_at, occurred_at, family, severity, confidence,
          measured, cut, fired, unknown, evidence, case_id)
        select $1, '${pod}', 'e' || n, 0, case when n % 500 = 0 then 'SELDOM' else 'OFTEN' end,
          case when n % 70 = 0 then 'p' || n % 700 else '' end, at, at, 'f', case when n % 250 = 0 then 4 else 2 end, .5, 1, 0,
          n % 10 = 0, null, '{}', case when n % 10 = 0 then 'c0' end
        from (select n, $2::timestamptz - n * interval '1 second' as at from generate_series(0, $3::int - 1) n) given`,
      [tenant, now, n],
    )
    await handle.query(
      `insert into finding_groups (tenant_id, pod, group_key, recorded_at, event_id, place)
        select tenant_id, pod, 'site:' || substr(event_id, 2)::int / 10 % 50, recorded_at, event_id, place from evaluations where fired`,
    )
  })
}
const small = 1_000
await fill('small', small)
await fill('large', 20 * small)
// As the loop `table-statistics` does it.
const address = new pg.Client(clientConfig(database.address, null))
await address.connect()
await address.query('analyze cases, evaluations, finding_groups, groups')
await address.end()

const held = (tenant: string) => ({ tenant, pod, ranks: ['site'], named: ['site:3'], follow: [] })
const asks: { readonly [what: string]: (tenant: string, limit: number) => Promise<readonly unknown[]> } = {
  'the open alerts': (tenant, limit) => alerts(tenant, limit, { open: true }),
  'all alerts': (tenant, limit) => alerts(tenant, limit, {}),
  'alerts of a group': (tenant, limit) => alerts(tenant, limit, { group: 'site:3' }),
  'the open alerts of a group': (tenant, limit) => alerts(tenant, limit, { group: 'site:3', open: true }),
  'alerts about somebody': (tenant, limit) => alerts(tenant, limit, { subject: 'p7' }),
  'alerts of a severity': (tenant, limit) => alerts(tenant, limit, { severity: 'CRITICAL' }),
  'one alert': tenant => counted(tenant, async handle => [await findCase(handle, tenant, [pod], 'c7')]),
  'groups of an alert': tenant =>
    counted(tenant, async handle => [...(await groupsOfCases(handle, tenant, pod, ['c7']))]),
  'groups of an alert, held': tenant =>
    counted(tenant, async handle => {
      await holdGroupsOf(handle as Tx, tenant, ['c7', 'L1'])
      return [0]
    }),
  findings: (tenant, limit) => findings(tenant, limit, {}),
  'findings of a seldom rule': tenant => findings(tenant, 2, { code: 'SELDOM' }),
  'findings of a group': tenant => findings(tenant, 2, { group: 'site:3' }),
  'findings about somebody': tenant => findings(tenant, 1, { about: 'p70' }),
  'findings of a severity': tenant => findings(tenant, 2, { severity: 'CRITICAL' }),
  'findings of alerts, and how many they have': tenant =>
    counted(tenant, async handle => {
      const cases = ['c0', 'c7'].map(caseId => ({ pod, caseId, openedAt: new Date(0) }))
      const found = await findingsOnCases(handle, tenant, cases, 'newest')
      assert.deepEqual(
        [...found.values()].map(({ few, count }) => [few.map(({ eventId }) => eventId), count]),
        [[['e0', 'e10', 'e20'], 100]],
      )
      const oldest = await findingsOnCases(handle, tenant, cases, 'opening')
      assert.deepEqual(
        [...oldest.values()].map(({ few }) => few.length),
        [1],
      )
      return [0]
    }),
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

const ofAll: CasesFilter & FindingsFilter = {
  open: null,
  group: null,
  subject: null,
  severity: null,
  code: null,
  about: null,
}
const alerts = (tenant: string, limit: number, filter: Partial<CasesFilter>) =>
  counted(tenant, async handle => {
    const { rows } = await pageOfCases(handle, { tenant, pod, ...ofAll, ...filter, after: null, limit })
    return rows
  })
const findings = (tenant: string, limit: number, filter: Partial<FindingsFilter>) =>
  counted(tenant, async handle => {
    const { rows } = await pageOfFindings(handle, { tenant, pod, ...ofAll, ...filter, after: null, limit })
    return rows
  })

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

/**
 * All pages of a list, and the most that one of them read. So small a table is as well read whole: what is looked at is that an index
 * that is there is followed no further than it has to be.
 */
async function walked<Row>(tenant: string, page: (reader: Reader, after: Row | null) => Promise<PageOf<Row>>) {
  const found: Row[] = []
  const counting = countReads(db)
  let most = 0
  for (let after: Row | null = null; ; ) {
    const { rows, next }: PageOf<Row> = await counting.transaction([tenant], async handle => {
      await handle.query('set local enable_seqscan = off')
      await handle.query('set local enable_bitmapscan = off')
      await handle.query('set local enable_sort = off')
      return page(handle, after)
    })
    found.push(...rows)
    most = Math.max(most, counting.takeReads().rows)
    if (next === null) return { found, most }
    after = next
  }
}
const some = <Of>(...values: readonly Of[]) => fc.constantFrom(null, ...values)
const wholeOf = async (tenant: string, text: string) =>
  (await db.read([tenant], reader => reader.query<{ id: string }>(text))).rows.map(({ id }) => id)
const quoted = (column: string, value: string | number | null) => (value === null ? 'true' : `${column} = '${value}'`)

test('whatever is asked of alerts, its pages hold all that fits, in order, and none reads more than its bound', async () => {
  await db.transaction(['large'], handle =>
    handle.query(
      `insert into inbox (tenant_id, pod, case_id, decision_id, recorded_at, action, urgency, due_at, expires_at, unlocks, reason, audit,
          blinded, state) select 'large', '${pod}', 'c' || n, gen_random_uuid(), $1, 'x', 1, $1, $1, false, 'r', false, true, 'open'
        from generate_series(0, 19999, 194) n`,
      [now],
    ),
  )
  await fc.assert(
    fc.asyncProperty(
      some(true, false),
      some('site:3', 'site:97'),
      some('p7', 'p14'),
      some(...severities),
      fc.constantFrom(1, 50, 200),
      async (open, group, subject, severity, few) => {
        const filter = { open, group, subject, severity }
        const limit = group === null && subject === null ? 200 : few
        const { found, most } = await walked<CaseShown>('large', (reader, after) =>
          pageOfCases(reader, {
            tenant: 'large',
            pod,
            ...filter,
            limit,
            after: after === null ? null : { openedAt: after.exactly, caseId: after.caseId },
          }),
        )
        const unseen = `exists (select from inbox i where i.case_id = c.case_id and i.blinded)`
        const all = await wholeOf(
          'large',
          `select case_id as id from cases c where ${quoted('group_key', group)} and ${quoted('subject', subject)}
            and ${severity === null ? 'true' : `severity = ${severities.indexOf(severity)} and not ${unseen}`}
            and ${open === null ? 'true' : `(closed_at is null) = ${open}`} order by opened_at desc, case_id desc`,
        )
        assert.deepEqual(
          found.map(({ caseId }) => caseId),
          all,
        )
        assert.ok(most <= 4 * mostLookedAt, `${most} rows`)
      },
    ),
    { numRuns: 40 },
  )
})

test('whatever is asked of findings, its pages hold all that fits, in order, and none reads more than its bound', async () => {
  await fc.assert(
    fc.asyncProperty(
      some('SELDOM', 'OFTEN'),
      some('site:3', 'site:49'),
      some('p70', 'p350'),
      some(...severities),
      fc.constantFrom(1, 50, 200),
      async (code, group, about, severity, few) => {
        const filter = { code, group, about, severity }
        const limit = group === null && about === null ? 200 : few
        const { found, most } = await walked<Finding>('large', (reader, after) =>
          pageOfFindings(reader, {
            tenant: 'large',
            pod,
            ...filter,
            limit,
            after: after === null ? null : { recordedAt: after.exactly, eventId: after.eventId, place: after.place },
          }),
        )
        const held = `exists (select from finding_groups g where g.event_id = e.event_id and g.group_key = '${group}')`
        const all = await wholeOf(
          'large',
          `select event_id as id from evaluations e where fired and ${quoted('code', code)} and ${quoted('about', about)}
            and ${quoted('severity', severity === null ? null : severities.indexOf(severity))}
            and ${group === null ? 'true' : held} order by recorded_at desc, event_id desc`,
        )
        assert.deepEqual(
          found.map(({ eventId }) => eventId),
          all,
        )
        assert.ok(most <= 4 * mostLookedAt, `${most} rows`)
      },
    ),
    { numRuns: 40 },
  )
})
