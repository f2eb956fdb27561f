import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { placeOf } from '@surety/contract'
import { podNamed } from '../../pods.ts'
import { labelledWithin } from '../../store/labelled-share.ts'
import { ensurePartitions } from '../../store/partitions.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { countReads, keepUncounted } from '../../testing/count-reads.ts'
import { attemptCertificates } from './certificates.ts'
import { addRows, autonomyDeps, day, goodRows, serve } from './testing/evidence.ts'
import { putDecisions, putOutcomes } from './testing/settled-cases.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
before(() => database.db.transaction([], db => ensurePartitions(db, day(0), day(250))))
const { db } = database
const [question] = podNamed('table').questions
const deps = autonomyDeps(db)

const at = (tenant: string) => ({ tenant, ...placeOf(question), digest: `model of ${tenant}` })
/** Decisions of the model, of which the first `labelled` have a label that is known. */
async function live(tenant: string, n: number, labelled: number, change: { from?: number; audited?: boolean } = {}) {
  const { from = 100, audited = false } = change
  const rows = goodRows(n, { prefix: `live${from}-${audited}-`, at: day(from) }).map(row => ({
    ...row,
    p: audited ? 0.95 + row.p / 100 : row.p,
    y: audited ? (1 as const) : row.y,
    source: 'live' as const,
    action: row.p > 0.5 || audited ? 'yes' : 'no',
    audited,
  }))
  await putDecisions(
    db,
    tenant,
    question.pod,
    rows.map(row => ({
      caseId: row.id,
      at: row.at,
      probability: row.p,
      digest: at(tenant).digest,
      audited,
      action: row.action,
    })),
  )
  await addRows(db, at(tenant), rows.slice(0, labelled))
}

test('with half of the mature decisions unlabelled nothing is proven and nothing spent, however many rows there are', async () => {
  await serve(db, 'half', question.pod, at('half').digest)
  await addRows(db, at('half'), goodRows(800))
  await live('half', 100, 50)
  const outcomes = await attemptCertificates(deps, 'half', question, day(150))
  for (const { attempt, shortfall } of outcomes)
    assert.deepEqual([attempt, shortfall!.code, shortfall!.have, shortfall!.need], [null, 'incomplete_labels', 50, 90])
})

test('with nine tenths labelled they count, and immature ones are not asked for', async () => {
  await serve(db, 'most', question.pod, at('most').digest)
  await live('most', 800, 720)
  await live('most', 500, 0, { from: 149 })
  const [yes] = await attemptCertificates(deps, 'most', question, day(150))
  assert.deepEqual(yes!.certificate!.document['data'], {
    ...(yes!.certificate!.document['data'] as object),
    basis: 'all',
    rows: 720,
    sources: { live: 720 },
  })
})

test('a handful of decisions tells nothing of completeness: they are left out, and the held-out rows stand alone', async () => {
  await serve(db, 'few', question.pod, at('few').digest)
  await addRows(db, at('few'), goodRows(800))
  await live('few', 29, 5)
  const [yes] = await attemptCertificates(deps, 'few', question, day(150))
  assert.deepEqual((yes!.certificate!.document['data'] as { sources: object }).sources, { held_out: 800 })
})

test('where labels are incomplete, complete blind audits since the certificate carry the next one of an act, not of a clear', async () => {
  await serve(db, 'audits', question.pod, at('audits').digest)
  await addRows(db, at('audits'), goodRows(800))
  const [first] = await attemptCertificates(deps, 'audits', question, day(99))
  assert.ok(first!.certificate)
  await live('audits', 600, 100)
  await live('audits', 120, 120, { from: 105, audited: true })
  const [yes, no] = await attemptCertificates(deps, 'audits', question, day(150))
  assert.equal(yes!.due, 'expired')
  const { data, share, threshold } = yes!.certificate!.document
  const { basis, rows } = data as { basis: string; rows: number }
  assert.deepEqual([basis, rows, share], ['audited', 120, null])
  assert.ok(Number(threshold) >= Number(first!.certificate!.document['threshold']))
  assert.deepEqual([no!.certificate, no!.shortfall!.code], [null, 'incomplete_labels'])
})

test('audits that were not all answered carry nothing', async () => {
  await serve(db, 'open', question.pod, at('open').digest)
  await addRows(db, at('open'), goodRows(800))
  await attemptCertificates(deps, 'open', question, day(99))
  await live('open', 600, 100)
  await live('open', 120, 90, { from: 105, audited: true })
  const [yes] = await attemptCertificates(deps, 'open', question, day(150))
  assert.deepEqual([yes!.certificate, yes!.shortfall!.code], [null, 'incomplete_labels'])
})

test('unlabelled cases on the side that is walked count by themselves, however many there are on the other', async () => {
  await serve(db, 'side', question.pod, at('side').digest)
  const rows = Array.from({ length: 1000 }, (_, i) => {
    const acts = i % 10 === 0
    const y: 0 | 1 = acts ? 1 : 0
    const action = acts ? 'yes' : 'no'
    return { id: `s${i}`, p: acts ? 0.95 : 0.01 + (i % 7) / 100, y, at: day(100), source: 'live' as const, action }
  })
  const decisions = rows.map(({ id: caseId, p: probability, at: decided }) => {
    return { caseId, probability, at: decided, digest: at('side').digest }
  })
  await putDecisions(db, 'side', question.pod, decisions)
  await addRows(
    db,
    at('side'),
    rows.filter((_, i) => i % 20 !== 0),
  )
  const [yes] = await attemptCertificates(deps, 'side', question, day(150))
  const { code, have, need } = yes!.shortfall!
  assert.deepEqual([yes!.attempt, code, have, need], [null, 'incomplete_labels', 50, 90])
})

test('what a model was judged on proves nothing where half of the decisions of that time never got a label', async () => {
  const start = async (tenant: string, labelled: number) => {
    await serve(db, tenant, question.pod, at(tenant).digest)
    const rows = goodRows(800, { at: day(50) })
    const decisions = rows.map(row => ({ caseId: row.id, at: row.at, probability: null, digest: null }))
    await putDecisions(db, tenant, question.pod, decisions)
    const told = rows.slice(0, labelled)
    await putOutcomes(
      db,
      tenant,
      question.pod,
      told.map(row => ({ caseId: row.id, at: day(51), label: row.y })),
    )
    // The newest decision is among those that have a label, so that all others are in between.
    await addRows(db, at(tenant), [...told.slice(0, -1), { ...told.at(-1)!, at: rows.at(-1)!.at }])
    return (await attemptCertificates(deps, tenant, question, day(150)))[0]!
  }
  const half = await start('unheard', 400)
  assert.deepEqual(
    [half.attempt, half.shortfall?.code, half.shortfall?.have, half.shortfall?.need],
    [null, 'incomplete_labels', 400, 720],
  )
  assert.ok((await start('heard', 760)).certificate)
})

test('whether decisions have a label is a look-up for each, also in a month of outcomes that nobody has counted', async () => {
  await keepUncounted(db, ['decisions', 'outcomes'])
  const counted = countReads(db)
  const pagesEach: number[] = []
  for (const [months, count] of [300, 2_400].entries()) {
    const tenant = `uncounted-${count}`
    const cases = Array.from({ length: count }, (_, k) => ({ caseId: `${tenant}-${k}`, k }))
    const from = day(160 + months * 31)
    const decisions = cases.map(({ caseId, k }) => ({
      caseId,
      at: new Date(+from + k),
      probability: 0.5,
      digest: null,
    }))
    await putDecisions(db, tenant, question.pod, decisions)
    const told = cases.map(({ caseId, k }) => ({ caseId, at: new Date(+from + 7 * 86_400_000 + k), label: 1 as const }))
    await putOutcomes(db, tenant, question.pod, told)
    const share = await counted.transaction([tenant], handle =>
      labelledWithin(handle, { tenant, ...placeOf(question), from, until: day(250) }),
    )
    assert.deepEqual(share, { decisions: count, labelled: count, share: 1 })
    pagesEach.push(counted.takeReads().pages / count)
  }
  const [few = 0, many = 0] = pagesEach
  assert.ok(many < 2 * few, `${many} pages a decision where there are 2,400, ${few} where there are 300`)
})
