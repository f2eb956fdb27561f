import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { noCounts, plannedChances, plannedShare, recordStarts, recordStartsAfter, rng } from '@surety/stats'
import { podNamed } from '../../../pods.ts'
import { ensurePartitions } from '../../../store/partitions.ts'
import { endRecords, type KeptRecord, saveCounts } from '../../../store/records.ts'
import { openTestDatabase } from '../../../store/test-database.ts'
import { placeIn, recordIn } from '../../../store/test-records.ts'
import { addRows, day } from '../testing/evidence.ts'
import { putDecisions } from '../testing/settled-cases.ts'
import { beginRecords } from './begin-records.ts'
import { keepRecords } from './keep-records.ts'
import { drawRows, putRecord, putRows, recordsOf, tell } from './testing/evidence-rows.ts'
import { evenCuts, loaded, putCuts, serveFitted } from './testing/serving.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
await db.transaction([], tx => ensurePartitions(tx, day(0), day(40)))
const [question] = podNamed('table').questions
const digest = 'a'.repeat(64)
const model = loaded(digest)
const deps = { db, scorerOf: (_: string, __: unknown, asked: string) => (asked === digest ? model : null) }
const begin = (tenant: string, at: Date) => beginRecords(deps, tenant, question, at)

/** A version serves, has its cuts, and has decided two hundred cases with scores all over. */
async function ready(tenant: string, { fitted = 60, cuts = true, known = 100 } = {}): Promise<void> {
  await serveFitted(db, tenant, question, model, fitted, day(0))
  await learn(tenant, 0, known)
  if (cuts) await putCuts(db, tenant, question, model, day(1))
  await putDecisions(
    db,
    tenant,
    question.pod,
    scores.map((probability, i) => ({
      caseId: `d${i}`,
      at: new Date(day(1).getTime() + i * 1000),
      probability,
      digest,
      acting: { version: 1, act: -1, clear: -1 },
    })),
  )
}
const scores = Array.from({ length: 200 }, (_, i) => ((i * 37) % 200) / 200)

/** Outcomes of cases that the version was not fitted on, half of them of each label wherever they lie: it sees nothing that could be done. */
const learn = (tenant: string, from: number, to: number): Promise<void> =>
  addRows(
    db,
    { ...placeIn(tenant), digest },
    scores
      .slice(from, to)
      .map((p, i) => ({ id: `k${from + i}`, p, y: (i % 2) as 0 | 1, at: day(-60), source: 'live' })),
  )

const brief = (records: readonly KeptRecord[]) =>
  records.map(({ action, why, begunAt, rowsFrom, suspensions }) => ({
    action,
    why,
    begun: Math.round((Number(begunAt) - Number(day(0))) / 86_400_000),
    from: Number(rowsFrom) === Number(begunAt),
    suspensions,
  }))

async function certify(tenant: string, action: string, cuts: readonly number[], from: Date): Promise<void> {
  await db.transaction([tenant], tx =>
    tx.query(
      `insert into certificates (tenant_id, certificate_id, pod, question, action, model_digest, model_version, attempt, threshold,
          issued_at, expires_at, document, record_id, cuts)
        values ($1, gen_random_uuid(), 'table', 'main', $2, $3, 1, 1, 0.5, $4, $4::timestamptz + interval '30 days', '{}', gen_random_uuid(), $5)`,
      [tenant, action, digest, from, JSON.stringify(cuts)],
    ),
  )
}

test('the first begin when a version fitted on sixty rows serves and has cuts, of both actions, once, counting from then on', async () => {
  await ready('acme', { cuts: false })
  assert.deepEqual(await begin('acme', day(2)), [])
  await putCuts(db, 'acme', question, model, day(3))
  await Promise.all([begin('acme', day(4)), begin('acme', day(4.001)), begin('acme', day(4.002))])
  const records = await recordsOf(db, 'acme')
  assert.deepEqual(
    brief(records).toSorted((a, b) => (a.action < b.action ? 1 : -1)),
    [
      { action: 'yes', why: 'first', begun: 4, from: true, suspensions: 0 },
      { action: 'no', why: 'first', begun: 4, from: true, suspensions: 0 },
    ],
  )
  for (const { action, side, counts, starts, plan, budget } of records) {
    const own = question.actions[side]!
    assert.deepEqual([action, counts], [own.name, noCounts])
    // Of no decision so little is expected to be wrong.
    assert.deepEqual([plan, starts], [0.02, recordStarts(0.02)])
    const { alpha, delta, missBudget, auditRate } = own
    assert.deepEqual(budget, { alpha, delta, missBudget, smallestRate: auditRate })
  }
  assert.deepEqual(await begin('acme', day(93)), [])
})

test('the first waits until a hundred outcomes are known of cases that the version was not fitted on, wherever it was made', async () => {
  await ready('young', { known: 0 })
  assert.deepEqual(await begin('young', day(5)), [])
  await learn('young', 0, 99)
  assert.deepEqual(await begin('young', day(6)), [])
  await learn('young', 99, 100)
  assert.deepEqual(await begin('young', day(7)), ['yes', 'no'])
})

test('none begins by a version of fewer rows, without one, on a side that has no cuts, or where nobody has the version loaded', async () => {
  await ready('few', { fitted: 59 })
  assert.deepEqual(await begin('few', day(4)), [])
  assert.deepEqual(await begin('nobody', day(4)), [])
  await ready('unloaded')
  assert.deepEqual(await beginRecords({ db }, 'unloaded', question, day(4)), [])
  assert.deepEqual(await begin('unloaded', day(4)), ['yes', 'no'])
  await ready('one side', { cuts: false })
  await putCuts(db, 'one side', question, model, day(1), { ...evenCuts, clear: null })
  assert.deepEqual(await begin('one side', day(4)), ['yes'])
})

test('the walk begins where known outcomes plan it, and stays there when every label is another one', async () => {
  await ready('plans', { known: 0 })
  const p = Float64Array.from(scores)
  const y = Uint8Array.from(scores, (score, i) => (i % 50 === 0 ? 1 : 0) ^ (score > 0.4 ? 1 : 0))
  const known = scores.map(
    (score, i) => ({ id: `k${i}`, p: score, y: y[i] as 0 | 1, at: day(-60), source: 'live' }) as const,
  )
  await addRows(db, { ...placeIn('plans'), digest }, known)
  await putRows(db, 'plans', drawRows(rng('plans'), 'plans', 300, 40))
  await keepRecords(deps, 'plans', question, day(4))
  const chances = plannedChances({ p, y }, p)
  assert.ok(!('ok' in chances))
  const before = await recordsOf(db, 'plans')
  assert.equal(before.length, 2)
  for (const { plan, starts, side, budget } of before) {
    const planned = plannedShare(p, chances, side === 'act' ? 'yes' : 'no', budget.alpha)
    assert.ok(planned.ok && planned.sees)
    assert.ok(Math.abs(plan! - planned.share) < 1e-12)
    assert.deepEqual(starts, recordStarts(plan!))
  }
  const { rows } = await db.transaction(['plans'], tx =>
    tx.query<{ caseId: string; label: 0 | 1 }>('select case_id as "caseId", 1 - label as label from record_rows'),
  )
  await tell(db, 'plans', rows)
  await keepRecords(deps, 'plans', question, day(80))
  const after = await recordsOf(db, 'plans')
  assert.deepEqual(
    after.map(({ starts, plan }) => [starts, plan]),
    before.map(({ starts, plan }) => [starts, plan]),
  )
  assert.ok(after.every(({ counts }) => counts.positives > 50))
})

test('another begins each quarter, behind the certificate in force where there is one; what is past and not in charge ends', async () => {
  await ready('quarter')
  for (const at of [4, 93.9, 94, 100]) await begin('quarter', day(at))
  await certify('quarter', 'yes', [20, 21, 25], day(170))
  await certify('quarter', 'no', [9], day(100))
  await begin('quarter', day(184))
  const yes = async () => (await recordsOf(db, 'quarter')).filter(({ action }) => action === 'yes')
  assert.deepEqual(
    brief(await yes()).map(({ why, begun }) => [why, begun]),
    [
      ['first', 4],
      ['quarter', 94],
      ['quarter', 184],
    ],
  )
  const [, , youngest] = await yes()
  assert.deepEqual([youngest!.plan, youngest!.starts], [null, recordStartsAfter(20)])
  const no = (await recordsOf(db, 'quarter')).filter(({ action }) => action === 'no').at(-1)
  assert.deepEqual([no!.plan, no!.starts], [0.02, recordStarts(0.02)], 'that certificate had run out')
  await begin('quarter', day(274))
  assert.equal((await yes()).length, 4, 'two hundred and seventy days old is not past')
  await begin('quarter', day(275))
  assert.deepEqual(
    brief(await yes()).map(({ begun }) => begun),
    [94, 184, 274],
  )
})

test('a past record that is in charge goes on: the others have too few rows', async () => {
  await ready('long')
  for (const at of [4, 94, 184, 274]) await begin('long', day(at))
  const [oldest] = (await recordsOf(db, 'long')).filter(({ action }) => action === 'yes')
  const counts = { ...noCounts, outside: 5000 }
  await db.transaction(['long'], tx => saveCounts(tx, placeIn('long'), [{ ...oldest!, counts }]))
  await begin('long', day(360))
  const left = brief(await recordsOf(db, 'long'))
  assert.deepEqual(
    left.filter(({ action }) => action === 'yes').map(({ begun }) => begun),
    [4, 94, 184, 274],
  )
  assert.deepEqual(
    left.filter(({ action }) => action === 'no').map(({ begun }) => begun),
    [94, 184, 274],
  )
})

test('after a suspension one begins at once, and it and all later ones keep the halved delta; the other action goes on', async () => {
  await ready('stopped')
  await begin('stopped', day(4))
  for (const at of [10, 20]) {
    await db.transaction(['stopped'], tx => endRecords(tx, { ...placeIn('stopped'), action: 'yes' }, day(at)))
    assert.deepEqual(await begin('stopped', day(at)), ['yes'])
  }
  assert.deepEqual(await begin('stopped', day(21)), [])
  await begin('stopped', day(110))
  assert.deepEqual(brief(await recordsOf(db, 'stopped')), [
    { action: 'no', why: 'first', begun: 4, from: true, suspensions: 0 },
    { action: 'yes', why: 'suspension', begun: 20, from: true, suspensions: 2 },
    { action: 'no', why: 'quarter', begun: 110, from: true, suspensions: 0 },
    { action: 'yes', why: 'quarter', begun: 110, from: true, suspensions: 2 },
  ])
})

test('records of an action that the pod has no more end when they are past, and count until then', async () => {
  await ready('other')
  await begin('other', day(4))
  await putRecord(db, recordIn('other', { action: 'maybe', begunAt: day(4), rowsFrom: day(4) }))
  await putRecord(db, recordIn('other', { action: 'maybe', begunAt: day(5), rowsFrom: day(5) }))
  await putRows(db, 'other', drawRows(rng('other'), 'other', 100, 30))
  await keepRecords(deps, 'other', question, day(100))
  const maybe = async () => (await recordsOf(db, 'other')).filter(({ action }) => action === 'maybe')
  assert.ok((await maybe()).every(({ counts }) => counts.outside + counts.positives > 0))
  await keepRecords(deps, 'other', question, day(280))
  assert.deepEqual(await maybe(), [])
})
