import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { noCounts } from '@surety/stats'
import { forgetUncounted } from './forget-records.ts'
import { type ChangedRow, countedSince, insertRecordRows, takeChanged } from './record-rows.ts'
import { endRecords, insertRecord, readRecords, saveCounts, saveRecordBudget, youngestRecords } from './records.ts'
import { openTestDatabase } from './test-database.ts'
import { placeIn, recordIn, recordsBegin, rowIn } from './test-records.ts'

const database = await openTestDatabase({ poolSize: 3 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const day = (n: number): Date => new Date(recordsBegin.getTime() + n * 86_400_000)
const nothing = { counts: noCounts, drawn: { rate: 0.02, counts: noCounts } }

test('a record is read as it was kept, once; one that ended is not among those that go on, but is remembered', async () => {
  const [first, second] = [recordIn('acme'), recordIn('acme', { action: 'no', side: 'clear', begunAt: day(1) })]
  await db.transaction(['acme'], async tx => {
    assert.equal(await insertRecord(tx, second, nothing), true)
    assert.equal(await insertRecord(tx, first, nothing), true)
    assert.equal(await insertRecord(tx, { ...first, plan: 0.9 }, nothing), false)
    assert.deepEqual(await readRecords(tx, placeIn('acme')), [
      { ...first, ...nothing, countedTo: null, endedAt: null },
      { ...second, ...nothing, countedTo: null, endedAt: null },
    ])
    await endRecords(tx, { ...placeIn('acme'), action: 'yes' }, day(2))
    assert.deepEqual(
      (await readRecords(tx, placeIn('acme'))).map(({ action }) => action),
      ['no'],
    )
    const youngest = await youngestRecords(tx, placeIn('acme'))
    assert.deepEqual(youngest.get('yes'), { action: 'yes', begunAt: day(0), suspensions: 0 }, 'ended or not')
    assert.equal(youngest.get('maybe'), undefined)
  })
  await db.transaction(['borg'], async tx => assert.deepEqual(await readRecords(tx, placeIn('acme')), []))
})

test('only the records that are named end, where some are', async () => {
  const [old, young] = [recordIn('some'), recordIn('some', { begunAt: day(90) })]
  await db.transaction(['some'], async tx => {
    for (const record of [old, young]) await insertRecord(tx, record, nothing)
    await endRecords(tx, { ...placeIn('some'), action: 'yes' }, day(271), [old.id])
    assert.deepEqual(
      (await readRecords(tx, placeIn('some'))).map(({ id }) => id),
      [young.id],
    )
  })
})

test('counts and budgets are changed of one record alone', async () => {
  const [one, other] = [recordIn('change'), recordIn('change', { begunAt: day(1) })]
  const counted = {
    counts: { ...noCounts, outside: 4 },
    drawn: { rate: 0.01, counts: { ...noCounts, positives: 1 } },
  }
  const budget = { ...one.budget, alpha: 0.05 }
  await db.transaction(['change'], async tx => {
    for (const record of [one, other]) await insertRecord(tx, record, nothing)
    const [kept] = await readRecords(tx, placeIn('change'))
    await saveCounts(tx, placeIn('change'), [{ id: kept!.id, ...counted }])
    await saveRecordBudget(tx, kept!, { budget, budgetChanges: 1 })
    assert.deepEqual(await readRecords(tx, placeIn('change')), [
      { ...one, ...counted, budget, budgetChanges: 1, countedTo: null, endedAt: null },
      { ...other, ...nothing, countedTo: null, endedAt: null },
    ])
  })
})

test('mature rows whose label is not the one that was counted are taken once, the oldest first, a page at a time', async () => {
  const rows = [
    rowIn('page', 'late', day(9)),
    rowIn('page', 'b', day(2), { label: 0 }),
    rowIn('page', 'a', day(1)),
    rowIn('page', 'unlabelled', day(1), { label: null }),
    rowIn('page', 'c', day(3), { kappaAct: null, auditCoin: null }),
  ]
  await db.transaction(['page'], async tx => {
    assert.equal(await insertRecordRows(tx, rows), 5)
    assert.equal(await insertRecordRows(tx, [rowIn('page', 'a', day(5), { label: 0 })]), 0, 'what is there stays')
  })
  const take = (limit: number) => db.transaction(['page'], tx => takeChanged(tx, placeIn('page'), day(8), limit))
  const change = { auditCoin: 0.5, kappaAct: 3, kappaClear: -1, label: 1, counted: null } as const
  assert.deepEqual(await take(2), [
    { ...change, decidedAt: day(1) },
    { ...change, decidedAt: day(2), label: 0 },
  ] satisfies ChangedRow[])
  assert.deepEqual(await take(2), [{ ...change, decidedAt: day(3), kappaAct: null, auditCoin: null }])
  assert.deepEqual(await take(2), [])
  await db.transaction(['page'], tx =>
    tx.query(`update record_rows set label = case case_id when 'a' then null else 1 end where case_id in ('a', 'b')`),
  )
  assert.deepEqual(await take(5), [
    { ...change, decidedAt: day(1), label: null, counted: 1 },
    { ...change, decidedAt: day(2), label: 1, counted: 0 },
  ])
})

test('a row that somebody holds is left for later, and nobody waits', async () => {
  await db.transaction(['held'], tx =>
    insertRecordRows(tx, [rowIn('held', 'a', day(1)), rowIn('held', 'b', day(1)), rowIn('held', 'c', day(1))]),
  )
  const take = () => db.transaction(['held'], async tx => (await takeChanged(tx, placeIn('held'), day(8), 10)).length)
  await db.transaction(['held'], async holder => {
    await holder.query(`update record_rows set quality = 'audit' where case_id = 'b'`)
    assert.equal(await take(), 2)
  })
  assert.equal(await take(), 1)
})

test('a recount knows the label that was counted, of rows since a moment, of one side, drawn by their coin or not', async () => {
  await db.transaction(['again'], async tx => {
    await insertRecordRows(tx, [
      rowIn('again', 'old', day(0)),
      rowIn('again', 'a', day(1), { kappaAct: 63, kappaClear: null }),
      rowIn('again', 'b', day(2), { kappaAct: 63, label: 0, auditCoin: 0.01 }),
      rowIn('again', 'c', day(2), { kappaAct: -1, kappaClear: 0, auditCoin: 0.02 }),
      rowIn('again', 'none', day(2), { auditCoin: null, kappaAct: -1, kappaClear: 0, label: 0 }),
    ])
    await takeChanged(tx, placeIn('again'), day(2), 10)
    await insertRecordRows(tx, [rowIn('again', 'not yet', day(2))])
    await tx.query(`update record_rows set label = null where case_id = 'a'`)
    const counted = (side: 'act' | 'clear', rate: number | null) =>
      countedSince(tx, placeIn('again'), side, day(1), rate).then(groups =>
        groups.map(({ kappa, label, n }) => `${kappa} ${label} ${n}`),
      )
    assert.deepEqual(await counted('act', null), ['-1 0 1', '-1 1 1', '63 0 1', '63 1 1'])
    assert.deepEqual(await counted('clear', null), ['-1 0 1', '0 0 1', '0 1 1'])
    assert.deepEqual(await counted('act', 0.02), ['63 0 1'])
  })
})

test('rows go that are older than every record that goes on, however pages end', async () => {
  await db.transaction(['gone'], async tx => {
    await insertRecordRows(
      tx,
      [1, 2, 3, 4, 5, 6, 7].map(n => rowIn('gone', `c${n}`, day(n))),
    )
    for (const record of [
      recordIn('gone', { rowsFrom: day(4), begunAt: day(4) }),
      recordIn('gone', { rowsFrom: day(6), begunAt: day(6) }),
    ])
      await insertRecord(tx, record, nothing)
  })
  const left = async (before: Date, pageRows = 100): Promise<number> => {
    await forgetUncounted(db, 'gone', before, { pageRows })
    const { rows } = await db.transaction(['gone'], tx =>
      tx.query<{ n: number }>('select count(*)::int as n from record_rows'),
    )
    return rows[0]!.n
  }
  assert.equal(await left(day(2)), 6)
  assert.equal(await left(day(90), 1), 4)
  const [oldest] = await db.transaction(['gone'], tx => readRecords(tx, placeIn('gone')))
  const end = (ids: readonly string[] | null) =>
    db.transaction(['gone'], tx => endRecords(tx, { ...placeIn('gone'), action: 'yes' }, day(90), ids))
  await end([oldest!.id])
  assert.equal(await left(day(90)), 4, 'once for each moment')
  assert.equal(await left(day(91), 3), 2)
  await end(null)
  assert.equal(await left(day(92)), 0)
})
