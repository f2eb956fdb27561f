import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ensurePartitions } from '../../store/partitions.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { replaceRows } from './calibration-rows.ts'
import { readLabels } from './label-rows.ts'
import { dayMs, putDecisions, putOutcomes } from './testing/settled-cases.ts'

const database = await openTestDatabase()
after(() => database[Symbol.asyncDispose]())
const { db } = database
const start = Date.parse('2026-02-01T00:00:00Z')
await db.transaction([], handle => ensurePartitions(handle, new Date(start), new Date(start + 60 * dayMs)))
const pod = { name: 'customer-ops', modelScope: 'all' } as const
const at = (days: number): Date => new Date(start + days * dayMs)
const one = 'a'.repeat(64)
const two = 'b'.repeat(64)

async function rowsOf(tenant: string, session = tenant) {
  return db.transaction([session], async handle => {
    const { rows } = await handle.query<{
      row_id: string
      label: number
      source: string
      quality: string
      model_digest: string
    }>(
      `select row_id, label, source, quality, model_digest from calibration_rows where tenant_id = $1
        order by model_digest, row_id`,
      [tenant],
    )
    return rows.map(row => [row.row_id, row.label, row.source, row.quality, row.model_digest])
  })
}

async function cases(tenant: string, count: number): Promise<void> {
  await putDecisions(
    db,
    tenant,
    pod.name,
    Array.from({ length: count }, (_, k) => ({
      caseId: `c${k}`,
      at: new Date(start + k),
      probability: k / count,
      digest: one,
    })),
  )
}

test('the newest word on a case makes its row; decisions without model or probability make none', async () => {
  await putDecisions(db, 'acme', pod.name, [
    { caseId: 'a', at: at(0), probability: 0.3, digest: one, action: 'clear', propensity: 0.1, audited: true },
    { caseId: 'b', at: at(1), probability: 0.9, digest: two, automatic: true },
    { caseId: 'c', at: at(1), probability: null, digest: one },
    { caseId: 'd', at: at(1), probability: 0.4, digest: null },
    { caseId: 'e', at: at(1), probability: 0.4, digest: one },
    { caseId: 'open', at: at(1), probability: 0.4, digest: one },
  ])
  await putOutcomes(db, 'acme', pod.name, [
    { caseId: 'a', at: at(3), label: 0 },
    { caseId: 'b', at: at(3), label: 1, source: 'imported', quality: 'imported' },
    { caseId: 'c', at: at(3), label: 1 },
    { caseId: 'd', at: at(3), label: 1 },
    { caseId: 'e', at: at(3), label: 0, quality: 'bulk' },
    { caseId: 'open', at: at(3), label: null },
    { caseId: 'nobody', at: at(3), label: 1 },
    { caseId: 'a', at: at(4), label: 1, quality: 'audit' },
  ])
  assert.deepEqual(
    await readLabels(db, 'acme', pod, null, at(5)),
    new Map([
      [one, 2],
      [two, 1],
    ]),
  )
  const expected = [
    ['a', 1, 'live', 'audit', one],
    ['e', 0, 'live', 'bulk', one],
    ['b', 1, 'imported', 'imported', two],
  ]
  assert.deepEqual(await rowsOf('acme'), expected)
  const { rows } = await db.transaction(['acme'], handle =>
    handle.query(
      `select decided_at, labelled_at, action, automatic, audited, propensity, probability from calibration_rows where row_id in ('a', 'b') order by row_id`,
    ),
  )
  assert.deepEqual(rows, [
    {
      decided_at: at(0),
      labelled_at: at(4),
      action: 'clear',
      automatic: false,
      audited: true,
      propensity: 0.1,
      probability: 0.3,
    },
    {
      decided_at: at(1),
      labelled_at: at(3),
      action: 'start_followup',
      automatic: true,
      audited: false,
      propensity: 1,
      probability: 0.9,
    },
  ])
})

test('reading again changes nothing, and another tenant sees nothing', async () => {
  assert.deepEqual(await readLabels(db, 'acme', pod, null, at(6)), new Map())
  assert.equal((await rowsOf('acme')).length, 3)
  assert.deepEqual(await rowsOf('acme', 'borg'), [])
  assert.deepEqual(await readLabels(db, 'borg', pod, null, at(6)), new Map())
  assert.equal((await rowsOf('acme')).length, 3)
})

test('a label that is changed later changes its row, one that is withdrawn takes it out, and the same word again is nothing new', async () => {
  await cases('later', 3)
  await putOutcomes(
    db,
    'later',
    pod.name,
    [0, 1, 2].map(k => ({ caseId: `c${k}`, at: at(2), label: 0 as const })),
  )
  assert.deepEqual(await readLabels(db, 'later', pod, one, at(3)), new Map([[one, 3]]))
  await putOutcomes(db, 'later', pod.name, [
    { caseId: 'c0', at: at(4), label: 1 },
    { caseId: 'c1', at: at(4), label: null },
    { caseId: 'c2', at: at(4), label: 0 },
  ])
  assert.deepEqual(await readLabels(db, 'later', pod, two, at(5)), new Map(), 'only the other model is counted')
  assert.deepEqual(await rowsOf('later'), [
    ['c0', 1, 'live', 'human', one],
    ['c2', 0, 'live', 'human', one],
  ])
  await putOutcomes(db, 'later', pod.name, [{ caseId: 'c1', at: at(6), label: 1 }])
  assert.deepEqual(await readLabels(db, 'later', pod, one, at(7)), new Map([[one, 1]]))
})

test('an outcome that was committed late, behind the last one read, is found within a minute', async () => {
  await cases('late', 2)
  await putOutcomes(db, 'late', pod.name, [{ caseId: 'c0', at: at(2), label: 0 }])
  await readLabels(db, 'late', pod, null, at(2))
  await putOutcomes(db, 'late', pod.name, [{ caseId: 'c1', at: new Date(at(2).getTime() - 59_000), label: 1 }])
  assert.deepEqual(await readLabels(db, 'late', pod, null, at(2)), new Map([[one, 1]]))
})

test('an outcome of a clock that runs ahead does not hide what others record meanwhile', async () => {
  await cases('ahead', 2)
  await putOutcomes(db, 'ahead', pod.name, [{ caseId: 'c0', at: at(9), label: 0 }])
  await readLabels(db, 'ahead', pod, null, at(2))
  await putOutcomes(db, 'ahead', pod.name, [{ caseId: 'c1', at: at(3), label: 1 }])
  assert.deepEqual(await readLabels(db, 'ahead', pod, null, at(3)), new Map([[one, 1]]))
})

test('more than a page is read in one go, and a run that was ended between pages is taken up again', async () => {
  await cases('many', 5100)
  await putOutcomes(
    db,
    'many',
    pod.name,
    Array.from({ length: 10_200 }, (_, k) => ({
      caseId: `c${k % 5100}`,
      at: new Date(at(3).getTime() + k * 60_000),
      label: (k < 5100 ? 0 : 1) as 0 | 1,
    })),
  )
  let transactions = 0
  const ending: typeof db = {
    ...db,
    transaction: (tenants, work) => {
      if (transactions++ === 1) throw new Error('killed')
      return db.transaction(tenants, work)
    },
  }
  await assert.rejects(readLabels(ending, 'many', pod, null, at(20)), /killed/)
  const [first, second] = await Promise.all([
    readLabels(db, 'many', pod, null, at(20)),
    readLabels(db, 'many', pod, null, at(20)),
  ])
  assert.equal(
    (first.get(one) ?? 0) + (second.get(one) ?? 0),
    100,
    'the first page took in the last word on 5,000 cases',
  )
  const rows = await rowsOf('many')
  assert.equal(rows.length, 5100)
  assert.ok(rows.every(([, label]) => label === 1))
})

test('a case that a model was judged on when it was made follows a corrected label', async () => {
  await putDecisions(db, 'held', pod.name, [
    { caseId: 'x', at: at(0), probability: null, digest: null },
    { caseId: 'y', at: at(0), probability: 0.2, digest: one },
  ])
  await db.transaction(['*'], handle =>
    handle.query(
      `insert into active_models (tenant_id, pod, version, digest, validated, activated_at) values ('*', $1, 1, $2, true, $3)`,
      [pod.name, two, at(0)],
    ),
  )
  const held = ['x', 'y'].map(rowId => ({
    rowId,
    probability: 0.5,
    label: 0 as const,
    decidedAt: at(0),
    quality: 'human',
  }))
  const place = { tenant: 'held', pod: pod.name, digest: two }
  await db.transaction(['held'], handle => replaceRows(handle, place, 'held_out', held, at(1)))
  await putOutcomes(db, 'held', pod.name, [
    { caseId: 'x', at: at(2), label: 1 },
    { caseId: 'y', at: at(2), label: null },
  ])
  assert.deepEqual(await readLabels(db, 'held', pod, two, at(3)), new Map([[two, 2]]))
  assert.deepEqual(await rowsOf('held'), [['x', 1, 'held_out', 'human', two]])
})

test('what a tripwire has counted is not counted again when its label is withdrawn and given anew', async () => {
  await cases('watched', 2)
  await putOutcomes(db, 'watched', pod.name, [
    { caseId: 'c0', at: at(1), label: 1 },
    { caseId: 'c1', at: at(1), label: 1 },
  ])
  await readLabels(db, 'watched', pod, null, at(2))
  await db.transaction(['watched'], handle =>
    handle.query(`update calibration_rows set watched = true where row_id = 'c0'`),
  )
  await putOutcomes(db, 'watched', pod.name, [
    { caseId: 'c0', at: at(3), label: null },
    { caseId: 'c1', at: at(3), label: null },
  ])
  assert.deepEqual(await readLabels(db, 'watched', pod, null, at(3)), new Map([[one, 2]]))
  assert.deepEqual(await rowsOf('watched'), [['c0', 1, 'live', 'bulk', one]], 'it counts for nothing any more')
  await putOutcomes(db, 'watched', pod.name, [{ caseId: 'c0', at: at(4), label: 0 }])
  await readLabels(db, 'watched', pod, null, at(4))
  assert.deepEqual(await rowsOf('watched'), [['c0', 0, 'live', 'human', one]])
  const { rows } = await db.transaction(['watched'], handle => handle.query('select watched from calibration_rows'))
  assert.deepEqual(rows, [{ watched: true }])
})
