import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { forgetRecords } from '../../../store/forget-records.ts'
import { ensurePartitions } from '../../../store/partitions.ts'
import { insertRecordRows, takeChanged } from '../../../store/record-rows.ts'
import { openTestDatabase } from '../../../store/test-database.ts'
import { keepUncounted } from '../../../testing/count-reads.ts'
import { readLabels } from '../read-labels.ts'
import { day } from '../testing/evidence.ts'
import { putDecisions, putOutcomes, type TestDecision, type TestOutcome } from '../testing/settled-cases.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
await db.transaction([], handle => ensurePartitions(handle, day(0), day(120)))
const question = { pod: 'table', name: 'main', modelScope: 'tenant' } as const
const digest = 'a'.repeat(64)
const acting = { version: 7, act: 12, clear: -1 }

const decided = (caseId: string, change: Partial<TestDecision> = {}): TestDecision => ({
  caseId,
  at: day(1),
  probability: 0.9,
  digest,
  acting,
  auditCoin: 0.25,
  ...change,
})
const told = (caseId: string, change: Partial<TestOutcome> = {}): TestOutcome => ({
  caseId,
  at: day(2),
  label: 1,
  ...change,
})

async function rowsOf(tenant: string) {
  const { rows } = await db.transaction([tenant], tx =>
    tx.query(
      `select case_id, source, model_version, kappa_act, kappa_clear, audit_coin, label, quality, counted from record_rows
        where question = 'main' order by case_id`,
    ),
  )
  return rows.map(row => Object.values(row).join(' '))
}

const read = (tenant: string, at: number) => readLabels(db, tenant, question, null, day(at))
const count = (tenant: string) =>
  db.transaction([tenant], tx => takeChanged(tx, { tenant, pod: 'table', question: 'main' }, day(100), 10_000))

test('a case that is labelled becomes a row with the cut and version of its decision; one without a cut, a rule, or no label that counts makes none', async () => {
  await putDecisions(db, 'acme', 'table', [
    decided('a'),
    decided('act alone', { acting: { version: 8, act: -1, clear: null } }),
    decided('before', { acting: undefined as never }),
    decided('bulk'),
    decided('imported'),
    decided('no score', { probability: null, acting: { version: 7, act: -1, clear: -1 } }),
    decided('open'),
    decided('rule', { digest: null }),
    decided('unknown side', { acting: { version: 7, act: null, clear: null } }),
    decided('unsaid'),
  ])
  await putOutcomes(db, 'acme', 'table', [
    ...['a', 'act alone', 'before', 'no score', 'rule', 'unknown side'].map(one => told(one)),
    told('bulk', { quality: 'bulk' }),
    told('imported', { quality: 'imported', source: 'imported' }),
    told('unsaid', { label: null }),
  ])
  await read('acme', 3)
  assert.deepEqual(await rowsOf('acme'), [
    'a live 7 12 -1 0.25 1 human ',
    'act alone live 8 -1  0.25 1 human ',
    'no score live 7 -1 -1 0.25 1 human ',
  ])
  const seen = await rowsOf('acme')
  await read('acme', 4)
  assert.deepEqual(await rowsOf('acme'), seen, 'reading again changes nothing')
})

test('a label that changes, is taken back, or turns out to be one of many keeps what was counted beside it', async () => {
  await putDecisions(
    db,
    'later',
    'table',
    ['a', 'b', 'c', 'd'].map(one => decided(one)),
  )
  await putOutcomes(
    db,
    'later',
    'table',
    ['a', 'b', 'c', 'd'].map(one => told(one)),
  )
  await read('later', 3)
  assert.equal((await count('later')).length, 4)
  await putOutcomes(db, 'later', 'table', [
    told('a', { at: day(4), label: 0, quality: 'audit' }),
    told('b', { at: day(4), label: null }),
    told('c', { at: day(4), quality: 'bulk' }),
    told('d', { at: day(4) }),
  ])
  await read('later', 5)
  assert.deepEqual(await rowsOf('later'), [
    'a live 7 12 -1 0.25 0 audit 1',
    'b live 7 12 -1 0.25  human 1',
    'c live 7 12 -1 0.25  bulk 1',
    'd live 7 12 -1 0.25 1 human 1',
  ])
  assert.deepEqual((await count('later')).map(({ label, counted }) => `${label} ${counted}`).sort(), [
    '0 1',
    'null 1',
    'null 1',
  ])
  await putOutcomes(db, 'later', 'table', [told('b', { at: day(6), label: 0 })])
  await read('later', 7)
  assert.deepEqual((await rowsOf('later'))[1], 'b live 7 12 -1 0.25 0 human ')
})

test('a row of before follows its label too, and keeps the cut it was given', async () => {
  await putDecisions(db, 'seeded', 'table', [decided('a', { acting: undefined as never })])
  await db.transaction(['seeded'], tx =>
    insertRecordRows(tx, [
      {
        tenant: 'seeded',
        pod: 'table',
        question: 'main',
        caseId: 'a',
        decidedAt: day(1),
        source: 'seeded',
        modelVersion: 3,
        kappaAct: 5,
        kappaClear: null,
        auditCoin: null,
        label: null,
        quality: null,
        labelledBy: null,
      },
    ]),
  )
  await putOutcomes(db, 'seeded', 'table', [told('a')])
  await read('seeded', 3)
  assert.deepEqual(await rowsOf('seeded'), ['a seeded 3 5   1 human '])
})

test('of a case that was decided by two questions each label goes to its own', async () => {
  await putDecisions(db, 'two', 'table', [decided('a')])
  await putOutcomes(db, 'two', 'table', [told('a', { question: 'other' })])
  await read('two', 3)
  assert.deepEqual(await rowsOf('two'), [])
  await putOutcomes(db, 'two', 'table', [told('a', { question: 'main', at: day(4) })])
  await read('two', 5)
  assert.equal((await rowsOf('two')).length, 1)
})

test('what retention took is not counted a second time, whoever corrects its label before the decision goes', async () => {
  await putDecisions(db, 'gone', 'table', [decided('old'), decided('young', { at: day(40) })])
  await putOutcomes(db, 'gone', 'table', [told('old'), told('young', { at: day(41) })])
  await read('gone', 42)
  await forgetRecords(db, 'gone', day(31))
  assert.deepEqual(await rowsOf('gone'), ['young live 7 12 -1 0.25 1 human '])
  await putOutcomes(db, 'gone', 'table', [
    told('old', { at: day(50), label: 0 }),
    told('young', { at: day(50), label: 0 }),
  ])
  await read('gone', 51)
  assert.deepEqual(await rowsOf('gone'), ['young live 7 12 -1 0.25 0 human '])
})

/** A database that counts what is read of the rows of records; every statement is planned once for all values, or for each. */
function watched(generic: boolean) {
  const seen = { rows: 0 }
  const read = `select (seq_tup_read + coalesce(idx_tup_fetch, 0))::int8 as n from pg_stat_xact_user_tables
    where relid = 'record_rows'::regclass`
  const watching: typeof db = {
    ...db,
    transaction: (tenants, work) =>
      db.transaction(tenants, async tx => {
        if (generic) await tx.query('set local plan_cache_mode = force_generic_plan')
        const rows = async () => (await tx.query<{ n: number }>(read)).rows[0]!.n
        const before = await rows()
        const result = await work(tx)
        seen.rows += (await rows()) - before
        return result
      }),
  }
  return { seen, watching }
}

test('labels cost the same however many rows a record has, whatever the planner believes of them', async () => {
  await keepUncounted(db, ['record_rows'])
  const costs: { readonly size: number; readonly generic: boolean; readonly rows: number }[] = []
  for (const [tenant, size] of [
    ['small', 500],
    ['large', 3000],
  ] as const) {
    const of = Array.from({ length: size }, (_, k) => `c${k}`)
    const tell = async (some: readonly string[], at: Date, label: 0 | 1): Promise<void> => {
      await putOutcomes(
        db,
        tenant,
        'table',
        some.map(one => told(one, { at, label })),
      )
    }
    const look = async (reading: typeof db, at: number): Promise<void> => {
      await readLabels(reading, tenant, question, null, day(at))
      await reading.transaction([tenant], tx =>
        takeChanged(tx, { tenant, pod: 'table', question: 'main' }, day(100), 10_000),
      )
    }
    await putDecisions(
      db,
      tenant,
      'table',
      of.map((one, k) => decided(one, { at: new Date(day(1).getTime() + k) })),
    )
    await tell(of, day(2), 1)
    // What was told within a minute before the cursor is read again: that minute shall hold one.
    await tell(['c0'], day(3), 1)
    await look(db, 4)
    for (const [generic, from] of [
      [false, 5],
      [true, 7],
    ] as const) {
      await tell(of.slice(0, 50), day(from), from === 5 ? 0 : 1)
      const { seen, watching } = watched(generic)
      await look(watching, from + 1)
      costs.push({ size, generic, rows: seen.rows })
    }
  }
  const of = (size: number, generic: boolean): number =>
    costs.find(one => one.size === size && one.generic === generic)!.rows
  for (const generic of [false, true]) {
    const [few, many] = [of(500, generic), of(3000, generic)]
    assert.ok(
      few > 100 && many < 1.5 * few,
      `${many} rows of records are read where there are 3,000, ${few} where there are 500`,
    )
  }
})
