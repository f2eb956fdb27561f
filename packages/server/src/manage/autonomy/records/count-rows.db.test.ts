import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { rng } from '@surety/stats'
import { podNamed } from '../../../pods.ts'
import type { Database } from '../../../store/db.ts'
import type { NewRecordRow } from '../../../store/record-rows.ts'
import { insertSetting } from '../../../store/settings.ts'
import { openTestDatabase } from '../../../store/test-database.ts'
import { placeIn, recordIn } from '../../../store/test-records.ts'
import { day } from '../testing/evidence.ts'
import { countRows, countsToBegin } from './count-rows.ts'
import { countedFromRows, drawRows, putRecord, putRows, recordsOf, type Told, tell } from './testing/evidence-rows.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const [question] = podNamed('table').questions
/** Everything in these tests is mature by then: thirty days after the last decision. */
const late = day(400)

const count = (tenant: string, at: Date = late, on: Database = db) => countRows({ db: on }, tenant, question, at)

/** Of each action two, one of which begins in the middle. */
async function putRecords(tenant: string): Promise<void> {
  for (const rowsFrom of [day(0), day(50)])
    for (const [action, side] of [
      ['yes', 'act'],
      ['no', 'clear'],
    ] as const)
      await putRecord(
        db,
        recordIn(tenant, {
          action,
          side,
          rowsFrom,
          begunAt: rowsFrom,
          budget: { alpha: 0.1, delta: 0.05, missBudget: null, smallestRate: 0.02 },
        }),
      )
}

/** Of each record what it has counted, in one order; checked against the rows. */
async function countsOf(tenant: string): Promise<readonly object[]> {
  const found = []
  for (const record of await recordsOf(db, tenant)) {
    assert.deepEqual(record.counts, await countedFromRows(db, record), `${record.action} since ${record.rowsFrom}`)
    assert.deepEqual(record.drawn.counts, await countedFromRows(db, record, record.drawn.rate), 'those that were drawn')
    found.push({ action: record.action, from: record.rowsFrom, counts: record.counts, drawn: record.drawn })
  }
  assert.equal(found.length, 4)
  return found
}

const shuffled = <T>(draw: ReturnType<typeof rng>, all: readonly T[]): T[] => {
  const left = [...all]
  for (let i = left.length - 1; i > 0; i--) {
    const j = draw.int(i + 1)
    ;[left[i], left[j]] = [left[j]!, left[i]!]
  }
  return left
}

/** The ways in which the same labels may come. Each must end in the same counts. */
const ways: {
  readonly [name: string]: (tenant: string, rows: readonly NewRecordRow[], seed: string) => Promise<void>
} = {
  async 'all at once'(tenant, rows) {
    await putRows(db, tenant, of(tenant, rows))
    await count(tenant)
  },
  async 'in another order, a few at a time, counted twice each'(tenant, rows, seed) {
    const draw = rng(seed)
    const mixed = shuffled(draw, of(tenant, rows))
    for (let from = 0; from < mixed.length; ) {
      const to = from + 1 + draw.int(80)
      await putRows(db, tenant, mixed.slice(from, to))
      await count(tenant)
      assert.equal((await count(tenant)).counted, 0)
      from = to
    }
  },
  async 'first wrong, or told and taken back, then as they are'(tenant, rows, seed) {
    const draw = rng(seed)
    await putRows(
      db,
      tenant,
      of(tenant, rows).map(row => ({ ...row, label: draw.uniform() < 0.3 ? null : draw.uniform() < 0.5 ? 0 : 1 })),
    )
    await count(tenant)
    for (let times = 0; times < 3; times++) {
      const some = rows.filter(() => draw.uniform() < 0.2)
      await tell(
        db,
        tenant,
        some.map((row): Told => ({ caseId: row.caseId, label: draw.uniform() < 0.5 ? null : 1 })),
      )
      await count(tenant)
      await countsOf(tenant)
    }
    await tell(db, tenant, rows)
    await count(tenant)
  },
  async 'by the calendar, some of them late'(tenant, rows, seed) {
    const draw = rng(seed)
    const [soon, later] = [[] as NewRecordRow[], [] as NewRecordRow[]]
    for (const row of of(tenant, rows)) (draw.uniform() < 0.8 ? soon : later).push(row)
    await putRows(db, tenant, soon)
    for (const n of [30, 60, 75, 110]) {
      await count(tenant, day(n))
      await countsOf(tenant)
    }
    await putRows(db, tenant, later)
    await count(tenant)
  },
  async 'by several processes at once, while labels are told'(tenant, rows) {
    await putRows(
      db,
      tenant,
      of(tenant, rows).map(row => ({ ...row, label: null })),
    )
    const halves = [rows.slice(0, rows.length / 2), rows.slice(rows.length / 2)]
    await Promise.all([count(tenant), tell(db, tenant, halves[0]!), count(tenant), tell(db, tenant, halves[1]!)])
    await Promise.all([count(tenant), count(tenant), count(tenant)])
    await count(tenant)
  },
}

const of = (tenant: string, rows: readonly NewRecordRow[]): NewRecordRow[] => rows.map(row => ({ ...row, tenant }))

test('the same rows and labels end in the same counts, in whatever order, how often and by whom they are counted', async () => {
  for (let world = 0; world < 3; world++) {
    const rows = drawRows(rng(`rows ${world}`), 'x', 600)
    let expected: readonly object[] | null = null
    for (const [number, [name, way]] of Object.entries(ways).entries()) {
      const tenant = `w${world}-${number}`
      await putRecords(tenant)
      await way(tenant, rows, `${name} ${world}`)
      const found = await countsOf(tenant)
      expected ??= found
      assert.deepEqual(found, expected, name)
      assert.equal((await count(tenant)).counted, 0, name)
    }
    assert.ok(JSON.stringify(expected).includes('"positives":1'), 'something was counted')
  }
})

test('nothing that is not mature is counted, however long its label has been known', async () => {
  await putRecords('young')
  await putRows(db, 'young', drawRows(rng('young'), 'young', 200))
  assert.deepEqual(await count('young', day(29)), { counted: 0 })
  const { counted } = await count('young', day(80))
  assert.ok(counted > 50 && counted < 150)
  const { rows } = await db.transaction(['young'], tx =>
    tx.query<{ newest: Date }>('select max(decided_at) as newest from record_rows where counted is not null'),
  )
  assert.ok(rows[0]!.newest <= day(50))
})

test('a record that begins while rows are counted has what was counted since its beginning, and no more', async () => {
  await putRows(db, 'begins', drawRows(rng('begins'), 'begins', 500))
  await count('begins', day(80))
  const record = recordIn('begins', { rowsFrom: day(20) })
  const begun = await db.transaction(['begins'], tx => countsToBegin(tx, record))
  await putRecord(db, record)
  const [kept] = await recordsOf(db, 'begins')
  assert.deepEqual(begun.counts, await countedFromRows(db, kept!))
  assert.deepEqual(begun.drawn, { rate: 0.02, counts: await countedFromRows(db, kept!, 0.02) })
  assert.ok(begun.counts.outside > 0)
})

test('more rows than a page holds are counted in pages, and a run that ends between two is taken up by the next', async () => {
  await putRecords('many')
  await putRows(db, 'many', drawRows(rng('many'), 'many', 10_300))
  let transactions = 0
  const ending: Database = {
    ...db,
    transaction: (tenants, work) => {
      if (transactions++ === 1) throw new Error('killed')
      return db.transaction(tenants, work)
    },
  }
  await assert.rejects(count('many', late, ending), /killed/)
  await countsOf('many')
  const [one, other] = await Promise.all([count('many'), count('many')])
  assert.equal(one.counted + other.counted, 5300)
  await countsOf('many')
})

test('another tenant, and a record that has ended, count nothing', async () => {
  await putRecords('own')
  await putRecords('others')
  await putRows(db, 'own', drawRows(rng('own'), 'own', 100))
  const ended = recordIn('own', { begunAt: day(1) })
  await putRecord(db, ended)
  await db.transaction(['own'], tx =>
    tx.query('update records set ended_at = $1 where record_id = $2', [day(2), ended.id]),
  )
  await count('own')
  await count('others')
  await countsOf('own')
  for (const record of await recordsOf(db, 'others')) assert.equal(record.counts.positives, 0)
  const { rows } = await db.transaction(['own'], tx =>
    tx.query<{ counts: { positives: number } }>('select counts from records where record_id = $1', [ended.id]),
  )
  assert.equal(rows[0]!.counts.positives, 0)
})

test('an audit rate that was once smaller counts for good, however short it held, and who was drawn at it is counted anew', async () => {
  await putRecord(db, recordIn('rates', { budget: { alpha: 0.1, delta: 0.05, missBudget: null, smallestRate: 0.3 } }))
  await putRows(db, 'rates', drawRows(rng('rates'), 'rates', 500))
  await db.transaction(['rates'], async tx => {
    for (const [version, rate, at] of [
      [1, 0.3, -5],
      [2, 0.2, 3],
      [3, 0.4, 3.1],
    ] as const)
      await insertSetting(
        tx,
        { ...placeIn('rates'), name: 'autonomy', version, value: { actions: { yes: { audit_rate: rate } } } },
        'test',
        day(at),
      )
  })
  await count('rates')
  const [record] = await recordsOf(db, 'rates')
  assert.equal(record!.budget.smallestRate, 0.2)
  assert.deepEqual(record!.drawn, { rate: 0.2, counts: await countedFromRows(db, record!, 0.2) })
  assert.ok(record!.drawn.counts.positives > 10)
})
