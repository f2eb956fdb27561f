import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { certifyRecord, noCounts } from '@surety/stats'
import { podNamed } from '../../../pods.ts'
import { ensurePartitions } from '../../../store/partitions.ts'
import { type SampledRecord, sampleRecords } from '../../../store/record-completeness.ts'
import { openTestDatabase } from '../../../store/test-database.ts'
import { placeIn, recordIn } from '../../../store/test-records.ts'
import { countReads } from '../../../testing/count-reads.ts'
import { readLabels } from '../read-labels.ts'
import { day } from '../testing/evidence.ts'
import { putDecisions, putOutcomes } from '../testing/settled-cases.ts'
import { evidenceOfRecords } from './completeness.ts'
import { countRows } from './count-rows.ts'
import { putRecord, putRows, recordsOf } from './testing/evidence-rows.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
await db.transaction([], tx => ensurePartitions(tx, day(0), day(130)))
const [question] = podNamed('table').questions
const rate = 0.3

interface Cases {
  readonly n: number
  readonly kappa: number
  /** How many of each hundred are labelled, of those that the coin draws and of the others. */
  readonly drawn: number
  readonly others: number
  readonly quality?: 'human' | 'bulk'
  readonly label?: 0 | 1
  readonly at?: Date
}

let made = 0

/** Decisions of which some are labelled; half of them are drawn by their coin. */
async function live(tenant: string, cases: readonly Cases[]): Promise<void> {
  const all = cases.flatMap(({ n, kappa, at = day(1), quality = 'human', label = 1, drawn, others }) =>
    Array.from({ length: n }, (_, i) => {
      const coin = i % 2 === 0 ? 0.1 : 0.9
      const labelled = Math.floor(i / 2) % 100 < (i % 2 === 0 ? drawn : others)
      return { caseId: `k${made++}`, at: new Date(at.getTime() + i * 1000), kappa, coin, labelled, quality, label }
    }),
  )
  await putDecisions(
    db,
    tenant,
    question.pod,
    all.map(({ caseId, at, kappa, coin }) => ({
      caseId,
      at,
      probability: 0.9,
      digest: 'a'.repeat(64),
      auditCoin: coin,
      acting: { version: 1, act: kappa, clear: null },
    })),
  )
  await putOutcomes(
    db,
    tenant,
    question.pod,
    all.filter(one => one.labelled).map(({ caseId, quality, label }) => ({ caseId, at: day(100), label, quality })),
  )
}

/** What the record of acts may stand on, a hundred days on: thirty days make a case mature. */
async function evidence(tenant: string, cases: readonly Cases[], rowsFrom = day(0), alpha = 0.1) {
  const budget = { alpha, delta: 0.05, missBudget: null, smallestRate: rate }
  await putRecord(db, recordIn(tenant, { rowsFrom, budget, starts: [{ cut: 45, weight: 1 }] }))
  await live(tenant, cases)
  return look(tenant)
}

async function look(tenant: string) {
  await readLabels(db, tenant, question, null, day(101))
  // Of this record alone the rate is what the test says.
  await db.transaction([tenant], tx =>
    tx.query(
      `insert into settings (tenant_id, pod, question, name, version, value, recorded_at, actor)
      values ($1, 'table', 'main', 'autonomy', 1, '{"actions": {"yes": {"audit_rate": 0.3}}}', '2020-01-01', 'test') on conflict do nothing`,
      [tenant],
    ),
  )
  await countRows({ db }, tenant, question, day(120))
  const [record] = await recordsOf(db, tenant)
  const found = (await db.read([tenant], reader => evidenceOfRecords(reader, [record!], day(90))))[0]!
  return { record: record!, found }
}

const all = { drawn: 100, others: 100 }

test('where nine tenths inside the region are labelled all of its rows count, whatever lies outside, and the rest as wrong', async () => {
  const { record, found } = await evidence('complete', [
    { n: 400, kappa: 50, drawn: 90, others: 90 },
    { n: 400, kappa: 2, drawn: 25, others: 25, label: 0 },
    { n: 400, kappa: -1, drawn: 0, others: 0 },
  ])
  assert.ok(found.ok)
  assert.equal(found.basis, 'all')
  // An eighth of the budget spares 5 of 400 inside cut 50, and 10 of 800 inside cut 2.
  assert.deepEqual([found.assumed[50], found.assumed[2]], [35, 330])
  assert.deepEqual([found.counts.rows[50], found.counts.wrong[50]], [record.counts.rows[50]! + 35, 35])
  assert.deepEqual([found.counts.rows[2], found.counts.wrong[2]], [100 + 295, 100 + 295])
  assert.deepEqual([found.counts.outside, found.counts.positives], [record.counts.outside, record.counts.positives])
  assert.deepEqual(found.completeness, { decisions: 400, labelled: 360 })
})

test('where fewer are labelled those alone count whom the coin drew, asked or acted alike, if nine tenths of them are', async () => {
  const { record, found } = await evidence('drawn', [{ n: 600, kappa: 50, drawn: 95, others: 60 }])
  assert.ok(found.ok)
  const { rows, wrong } = found.counts
  assert.deepEqual([found.basis, rows[50], wrong[50], found.assumed[50]], ['audited', 285 + 12, 12, 12])
  assert.deepEqual(found.completeness, { decisions: 300, labelled: 285 })
  assert.equal(record.drawn.counts.rows[50], 285)
})

test('where neither is, nothing counts, and it is said what is missing', async () => {
  const { found } = await evidence('neither', [{ n: 600, kappa: 50, drawn: 80, others: 80 }])
  assert.deepEqual(found, {
    ok: false,
    code: 'incomplete_labels',
    have: 480,
    need: 540,
    completeness: { decisions: 600, labelled: 480 },
  })
})

test('labels that are missing inside a stricter cut are not hidden by those around it; a handful there says nothing', async () => {
  const around = { n: 1000, kappa: 20, ...all }
  const hidden = await evidence('hidden', [around, { n: 200, kappa: 45, drawn: 60, others: 60 }])
  assert.deepEqual([hidden.found.ok, hidden.found.completeness], [false, { decisions: 200, labelled: 120 }])
  const handful = await evidence('handful', [around, { n: 28, kappa: 45, drawn: 0, others: 0 }])
  assert.deepEqual([handful.found.ok, handful.found.ok && handful.found.basis], [true, 'all'])
})

test('where people look at one region alone it counts by itself, however little is labelled around it', async () => {
  const region = { n: 400, kappa: 50, ...all, label: 1 } as const
  const { found } = await evidence('asked', [region, { n: 1000, kappa: 20, drawn: 3, others: 3 }])
  assert.ok(found.ok)
  assert.deepEqual([found.basis, found.completeness], ['all', { decisions: 400, labelled: 400 }])
  const certified = certifyRecord(found.counts, [{ cut: 45, weight: 1 }], { alpha: 0.1, beta: null }, 0.05)
  assert.ok(certified.ok && certified.loosest === 21, JSON.stringify(certified))
  // The sure ones alone say that everything is fine down to cut 0: of that nothing is certified.
  const half = await evidence('half', [
    { ...region, drawn: 60, others: 60 },
    { n: 1000, kappa: 20, drawn: 3, others: 3 },
  ])
  assert.equal(half.found.ok, false)
})

test('a region of which less than nine tenths are labelled does not count by itself, however generous the budget is', async () => {
  const around = { n: 1000, kappa: 20, drawn: 3, others: 3 }
  const found = async (tenant: string, labelled: number) => {
    const region = { n: 400, kappa: 50, drawn: labelled, others: labelled, label: 1 } as const
    return (await evidence(tenant, [region, around], day(0), 0.35)).found
  }
  assert.equal((await found('generous', 92)).ok, true)
  assert.equal((await found('careless', 85)).ok, false)
})

test('labels in bulk are none, and what is not mature or older than the record is not asked for', async () => {
  const bulk = await evidence('bulk', [{ n: 200, kappa: 50, ...all, quality: 'bulk' }])
  assert.deepEqual([bulk.found.ok, bulk.found.completeness], [false, { decisions: 200, labelled: 0 }])
  const others = await evidence(
    'others',
    [
      { n: 200, kappa: 50, ...all, at: day(20) },
      { n: 300, kappa: 50, drawn: 0, others: 0, at: day(95) },
      { n: 300, kappa: 50, drawn: 0, others: 0, at: day(5) },
    ],
    day(10),
  )
  assert.deepEqual([others.found.ok, others.found.completeness], [true, { decisions: 200, labelled: 200 }])
})

test('cases of before there were records are missed too, by the cut in their row', async () => {
  const rows = Array.from({ length: 100 }, (_, i) => ({
    ...placeIn('before'),
    caseId: `b${i}`,
    decidedAt: day(2),
    source: 'seeded' as const,
    modelVersion: 1,
    kappaAct: 50,
    kappaClear: null,
    auditCoin: null,
    label: i < 80 ? (1 as const) : null,
    quality: 'human',
    labelledBy: null,
  }))
  await putRecord(db, recordIn('before', { budget: { alpha: 0.1, delta: 0.05, missBudget: null, smallestRate: rate } }))
  await putDecisions(
    db,
    'before',
    question.pod,
    rows.map(({ caseId, decidedAt }) => ({ caseId, at: decidedAt, probability: 0.9, digest: 'a'.repeat(64) })),
  )
  await putRows(db, 'before', rows)
  const { found } = await look('before')
  assert.deepEqual([found.ok, found.completeness], [false, { decisions: 100, labelled: 80 }])
})

test('it is judged by the newest 5,000 mature decisions, at the same cost however many there are', async () => {
  const old = { n: 3000, kappa: 50, drawn: 0, others: 0, at: day(1) }
  const young = { n: 5000, kappa: 50, ...all, at: day(50) }
  const costs: number[] = []
  for (const [tenant, times] of [
    ['few', 1],
    ['many', 4],
  ] as const) {
    const { record, found } = await evidence(tenant, [...Array<Cases>(times).fill(old), young])
    assert.deepEqual([found.ok, found.completeness], [true, { decisions: 5000, labelled: 5000 }])
    const counted = countReads(db)
    await counted.read([tenant], reader => evidenceOfRecords(reader, [record], day(90)))
    costs.push(counted.takeReads().rows)
  }
  assert.ok(costs[0]! >= 5000 && costs[1]! < 1.2 * costs[0]!, `rows read: ${costs.join(', ')}`)
})

test('records of both sides are looked up together where they span the same decisions, and say what each says alone', async () => {
  const tenant = 'both sides'
  const cases = Array.from({ length: 300 }, (_, i) => ({ caseId: `b${i}`, at: day(1 + (i % 20)), i }))
  await putDecisions(
    db,
    tenant,
    question.pod,
    cases.map(({ caseId, at, i }) => ({
      caseId,
      at,
      probability: 0.5,
      digest: 'a'.repeat(64),
      auditCoin: (i % 10) / 10,
      acting: { version: 1, act: (i % 50) - 1, clear: ((i * 7) % 40) - 1 },
    })),
  )
  const told = cases.filter(({ i }) => i % 4 > 0)
  await putOutcomes(
    db,
    tenant,
    question.pod,
    told.map(({ caseId }) => ({ caseId, at: day(60), label: 1 })),
  )
  await readLabels(db, tenant, question, null, day(61))
  const common = { ...placeIn(tenant), rowsFrom: day(0), countedTo: null }
  const act: SampledRecord = { ...common, side: 'act', drawn: { rate: 0.25, counts: noCounts } }
  const clear: SampledRecord = { ...common, side: 'clear', drawn: { rate: 0.75, counts: noCounts } }
  const sampled = (records: readonly SampledRecord[]) =>
    db.read([tenant], async reader => {
      let asked = 0
      const counting: typeof reader = {
        query: (...query) => {
          asked++
          return reader.query(...query)
        },
      }
      return { found: await sampleRecords(counting, records, day(90)), asked }
    })
  const alone = async (record: SampledRecord) => (await sampled([record])).found[0]!
  const drawn = (sample: Awaited<ReturnType<typeof alone>>): number =>
    sample.reduce((sum, one) => sum + (one.drawn ? one.decisions : 0), 0)
  const both = await sampled([clear, act])
  assert.deepEqual(both, { found: [await alone(clear), await alone(act)], asked: 1 })
  assert.ok(drawn(both.found[1]!) > 0 && drawn(both.found[0]!) > 2 * drawn(both.found[1]!), 'each by its own rate')
  // One that began later, and one whose rows were mature before the others: each has decisions of its own.
  for (const other of [
    { ...clear, rowsFrom: day(10) },
    { ...clear, countedTo: day(95) },
  ])
    assert.deepEqual(await sampled([act, other]), { found: [await alone(act), await alone(other)], asked: 2 })
})
