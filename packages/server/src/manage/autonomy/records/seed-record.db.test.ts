import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Question } from '@surety/contract'
import { cutOf, noCounts, plannedShare, recordCuts, recordStarts, rng } from '@surety/stats'
import { podNamed } from '../../../pods.ts'
import { migrate } from '../../../store/migrate.ts'
import { ensurePartitions } from '../../../store/partitions.ts'
import { openTestDatabase } from '../../../store/test-database.ts'
import { openFirstVersion } from '../../../testing/open-first-version.ts'
import { readLabels } from '../read-labels.ts'
import { day } from '../testing/evidence.ts'
import { putDecisions, putOutcomes, type TestDecision } from '../testing/settled-cases.ts'
import { keepRecords } from './keep-records.ts'
import { countedFromRows, recordsOf } from './testing/evidence-rows.ts'
import { loaded, putCuts, serveFitted } from './testing/serving.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
await db.transaction([], tx => ensurePartitions(tx, day(0), day(200)))
const [question] = podNamed('table').questions
const [older, newer] = ['a'.repeat(64), 'b'.repeat(64)]
const model = loaded(newer, 2)
const depsOf = (on = db) => ({ db: on, scorerOf: () => model })

/** Three weeks of decisions as they were kept before there were records: sixty of one version, then two hundred of another. */
function decided(prefix = 'd'): TestDecision[] {
  const draw = rng('decided before')
  return Array.from({ length: 260 }, (_, i) => ({
    caseId: `${prefix}${i}`,
    at: new Date(day(100).getTime() + i * 7_200_000),
    probability: Math.round(draw.uniform() * 1000) / 1000,
    digest: i < 60 ? older : newer,
    acting: undefined as never,
    auditCoin: draw.uniform(),
    threshold: 0.5,
  }))
}

async function ready(tenant: string, decisions: readonly TestDecision[]): Promise<void> {
  await serveFitted(db, tenant, question, model, 100, day(100))
  await putCuts(db, tenant, question, model, day(125))
  await putDecisions(db, tenant, question.pod, decisions)
}

async function rowsOf(tenant: string, on = db) {
  const { rows } = await on.transaction([tenant], tx =>
    tx.query<{ case_id: string; kappa_act: number; kappa_clear: number; label: number | null; counted: number | null }>(
      `select case_id, source, decided_at, model_version, kappa_act, kappa_clear, audit_coin, label, quality, counted
        from record_rows where question = 'main' order by decided_at, case_id`,
    ),
  )
  return rows
}

/** What the cuts of their own version say of decisions, made anew. */
function expectedKappas(decisions: readonly TestDecision[]) {
  const cuts = new Map(
    [older, newer].map(digest => {
      const scores = Float64Array.from(
        decisions.filter(one => one.digest === digest && one.probability !== null).map(one => one.probability!),
      )
      return [digest, [recordCuts(scores, 'yes'), recordCuts(scores, 'no')] as const]
    }),
  )
  return decisions.map(({ probability: p, digest }) => {
    const [act, clear] = cuts.get(digest!)!
    if (p === null || !act.ok || !clear.ok) return [-1, -1]
    return [p >= 0.5 ? cutOf(act, p) : -1, p < 0.5 ? cutOf(clear, p) : -1]
  })
}

test('what was decided in the last ninety days is the beginning of the first records: each case in the cuts of its own version', async () => {
  const decisions = decided()
  const old = decided('old').map(one => ({ ...one, at: day(30) }))
  await ready('acme', [...old, ...decisions, { ...decisions[0]!, caseId: 'rule', digest: null }])
  const told = decisions
    .filter((_, i) => i % 5 !== 0)
    .map((one, i) => ({ ...one, label: (i % 3 === 0 ? 0 : 1) as 0 | 1 }))
  await putOutcomes(
    db,
    'acme',
    question.pod,
    told.map(({ caseId, label }) => ({ caseId, at: day(130), label })),
  )
  await readLabels(db, 'acme', question, null, day(150))
  assert.deepEqual(await rowsOf('acme'), [], 'a label alone makes no row of them')
  const { begun } = await keepRecords(depsOf(), 'acme', question, day(150))
  assert.deepEqual(begun, ['yes', 'no'])
  const rows = await rowsOf('acme')
  assert.equal(rows.length, 260)
  const kappas = expectedKappas(decisions)
  for (const [i, row] of rows.entries()) {
    assert.deepEqual([row.case_id, row.kappa_act, row.kappa_clear], [`d${i}`, ...kappas[i]!])
    assert.equal(row.label, told.find(({ caseId }) => caseId === row.case_id)?.label ?? null)
  }
  const records = await recordsOf(db, 'acme')
  const first = Float64Array.from(decisions.slice(0, 60).map(one => one.probability!))
  for (const record of records) {
    assert.deepEqual([record.why, record.rowsFrom, record.begunAt], ['upgrade', decisions[0]!.at, day(150)])
    const planned = plannedShare(first, first, record.side === 'act' ? 'yes' : 'no', record.budget.alpha)
    assert.ok(planned.ok)
    assert.deepEqual([record.plan, record.starts], [planned.share, recordStarts(planned.share)])
    assert.deepEqual(record.counts, await countedFromRows(db, record))
    assert.notDeepEqual(record.counts, noCounts)
  }

  await Promise.all([1, 2].map(() => keepRecords(depsOf(), 'acme', question, day(150.01))))
  assert.deepEqual([await rowsOf('acme'), await recordsOf(db, 'acme')], [rows, records], 'again: nothing is done')
})

test('a case of before that is told of later counts too, and a label that is corrected is counted as it is', async () => {
  const decisions = decided()
  await ready('late', decisions)
  await putOutcomes(db, 'late', question.pod, [{ caseId: 'd3', at: day(120), label: 1 }])
  await readLabels(db, 'late', question, null, day(130))
  await keepRecords(depsOf(), 'late', question, day(130))
  assert.deepEqual(
    (await rowsOf('late')).filter(row => row.label !== null).map(row => row.case_id),
    ['d3'],
  )
  await putOutcomes(
    db,
    'late',
    question.pod,
    decisions.map(({ caseId }) => ({ caseId, at: day(135), label: 0 })),
  )
  await readLabels(db, 'late', question, null, day(140))
  await keepRecords(depsOf(), 'late', question, day(180))
  for (const record of await recordsOf(db, 'late')) {
    assert.deepEqual(record.counts, await countedFromRows(db, record))
    assert.deepEqual([record.counts.positives, record.counts.outside > 0], [0, true])
  }
  assert.ok((await rowsOf('late')).every(row => row.counted === 0))
})

test('labels have no part in cuts and starts', async () => {
  const found = []
  for (const label of [0, 1] as const) {
    const tenant = `flipped ${label}`
    const decisions = decided()
    await ready(tenant, decisions)
    await putOutcomes(
      db,
      tenant,
      question.pod,
      decisions.map(({ caseId, probability }) => ({
        caseId,
        at: day(130),
        label: probability! > 0.6 ? label : ((1 - label) as 0 | 1),
      })),
    )
    await keepRecords(depsOf(), tenant, question, day(170))
    found.push([
      (await rowsOf(tenant)).map(row => [row.kappa_act, row.kappa_clear]),
      (await recordsOf(db, tenant)).map(({ action, plan, starts }) => [action, plan, starts]),
    ])
  }
  assert.deepEqual(found[0], found[1])
})

test('bounds of that time and the threshold of that time decide whether a case was held; a version with fewer than fifty scores holds none', async () => {
  const conditioned: Question = {
    ...question,
    actions: { act: { ...question.actions.act!, conditions: { on: 'lower_bound', narrow: true } } },
  }
  const common = { digest: newer, acting: undefined as never, probability: 0.9, threshold: 0.5 }
  const bounds = [
    ['narrow', { lower: 0.8, upper: 0.95 }],
    ['wide', { lower: 0.6, upper: 0.95 }],
    ['below', { lower: 0.45, upper: 0.6 }],
    ['none', {}],
    ['higher threshold', { lower: 0.8, upper: 0.95, threshold: 0.85 }],
    ['beyond the threshold', { lower: 0.8, upper: 0.95, threshold: 0.95 }],
  ] as const
  const few = Array.from({ length: 49 }, (_, i) => ({
    caseId: `few${i}`,
    at: day(101),
    ...common,
    digest: older,
    lower: 0.85,
    upper: 0.95,
  }))
  const many = Array.from({ length: 60 }, (_, i) => ({
    caseId: `many${i}`,
    at: day(102),
    ...common,
    probability: 0.9 - i / 1000,
  }))
  await ready('bounds', [
    ...few,
    ...many,
    ...bounds.map(([caseId, of]) => ({ caseId, at: day(103), ...common, ...of })),
  ])
  await keepRecords(depsOf(), 'bounds', conditioned, day(150))
  const rows = new Map((await rowsOf('bounds')).map(row => [row.case_id, row]))
  assert.deepEqual(
    bounds.map(([caseId]) => [caseId, rows.get(caseId)!.kappa_act >= 0, rows.get(caseId)!.kappa_clear]),
    [
      ['narrow', true, null],
      ['wide', false, null],
      ['below', false, null],
      ['none', false, null],
      ['higher threshold', false, null],
      ['beyond the threshold', false, null],
    ],
  )
  assert.ok(few.every(({ caseId }) => rows.get(caseId)!.kappa_act === -1))
})

test('more than a page is taken over whole, and a run that was ended in the middle is taken up again', async () => {
  const decisions = Array.from(
    { length: 10_100 },
    (_, i): TestDecision => ({
      caseId: `p${i}`,
      at: new Date(day(100).getTime() + Math.floor(i / 7) * 1000),
      probability: (i % 997) / 997,
      digest: newer,
      acting: undefined as never,
      threshold: 0.5,
    }),
  )
  await ready('pages', decisions)
  let transactions = 0
  const ending: typeof db = {
    ...db,
    transaction: (tenants, work) => {
      if (transactions++ === 3) throw new Error('killed')
      return db.transaction(tenants, work)
    },
  }
  await assert.rejects(keepRecords(depsOf(ending), 'pages', question, day(150)), /killed/)
  assert.equal((await rowsOf('pages')).length, 10_000)
  assert.deepEqual(await recordsOf(db, 'pages'), [])
  await keepRecords(depsOf(), 'pages', question, day(150))
  assert.equal((await rowsOf('pages')).length, 10_100)
  assert.deepEqual(
    (await recordsOf(db, 'pages')).map(({ why }) => why),
    ['upgrade', 'upgrade'],
  )
})

test('an installation of 0.1, with certificates of that time, has its records seeded once', async () => {
  await using first = await openFirstVersion({ poolSize: 4 })
  await migrate(first.address)
  const [leads] = podNamed('customer-ops').questions
  const serves = await first.db.transaction(['acme'], async tx => {
    const { rows } = await tx.query<{ digest: string; version: number }>(
      `select digest, version from active_models where pod = 'customer-ops' and question = 'main'`,
    )
    return rows[0]!
  })
  const certificates = await first.db.transaction(['acme'], tx => tx.query('select from certificates'))
  assert.ok(certificates.rowCount! > 0)
  await putCuts(first.db, 'acme', leads, serves, new Date('2026-03-10T11:00:00Z'))
  const at = new Date('2026-03-20T11:00:00Z')
  await keepRecords(depsOf(first.db), 'acme', leads, at)
  const look = async () => ({
    rows: await rowsOf('acme', first.db),
    records: (await first.db.transaction(['acme'], tx => tx.query('select * from records order by action'))).rows,
  })
  const found = await look()
  const { rows: decisions } = await first.db.transaction(['acme'], tx =>
    tx.query<{ n: number }>(
      `select count(*)::int as n from decisions where pod = 'customer-ops' and question = 'main' and model_digest is not null`,
    ),
  )
  assert.equal(found.rows.length, decisions[0]!.n)
  assert.ok(
    found.rows.length > 20 && found.rows.some(row => row.label === 1) && found.rows.some(row => row.label === 0),
  )
  assert.deepEqual(
    found.records.map(({ action, why }) => [action, why]),
    [
      [leads.actions.clear!.name, 'upgrade'],
      [leads.actions.act!.name, 'upgrade'],
    ].toSorted(),
  )
  await keepRecords(depsOf(first.db), 'acme', leads, new Date(at.getTime() + 1000))
  assert.deepEqual(await look(), found)
})
