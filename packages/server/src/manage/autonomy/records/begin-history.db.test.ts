import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Question } from '@surety/contract'
import { cutTotals, plannedShare, recordStarts } from '@surety/stats'
import { podNamed } from '../../../pods.ts'
import { type Audit, auditOf } from '../../../store/audit.ts'
import { ensurePartitions } from '../../../store/partitions.ts'
import { openTestDatabase } from '../../../store/test-database.ts'
import { acceptImport } from '../accept-import.ts'
import { readLabels } from '../read-labels.ts'
import { addRows, day } from '../testing/evidence.ts'
import { putDecisions, putOutcomes, type TestDecision } from '../testing/settled-cases.ts'
import { beginHistory, historyToScore } from './begin-history.ts'
import { countRows } from './count-rows.ts'
import { keepRecords } from './keep-records.ts'
import { countedFromRows, recordsOf } from './testing/evidence-rows.ts'
import { loaded, putCuts, serveFitted } from './testing/serving.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
await db.transaction([], tx => ensurePartitions(tx, day(0), day(260)))
const [question] = podNamed('table').questions
const audit = auditOf()
const now = day(200)
const by = { actor: 'system', reason: 'nightly', requestId: undefined }
const label = (i: number): 0 | 1 => (i % 3 === 0 ? 1 : 0)

/** A case every twelve hours of the last 120 days, none of them decided by a model. */
const cases = Array.from(
  { length: 240 },
  (_, i): TestDecision => ({
    caseId: `h${String(i).padStart(3, '0')}`,
    at: new Date(day(80).getTime() + i * 43_200_000),
    probability: null,
    digest: null,
    auditCoin: i / 240,
  }),
)

/** Of no key that is known, as outcomes of before keys were kept. */
async function imported(tenant: string, told = cases, quality: 'imported' | 'bulk' = 'imported'): Promise<void> {
  await putDecisions(db, tenant, question.pod, cases)
  await putOutcomes(
    db,
    tenant,
    question.pod,
    told.map(({ caseId }) => ({
      caseId,
      at: day(199),
      label: label(Number(caseId.slice(1))),
      source: 'imported',
      quality,
    })),
  )
}
const accepted = (tenant: string) =>
  acceptImport({ db, audit }, tenant, null, { actor: 'key:boss', reason: 'our old CRM', requestId: 'r' }, now)

const wanted = (tenant: string, of: Question = question) => historyToScore(db, tenant, of, now)

/** As `scoreHistory` would: of the cases of the last ninety days. */
const scored = {
  rows: cases.slice(60).map(({ caseId }, i) => ({
    id: caseId,
    probability: i === 7 ? null : ((i * 37) % 100) / 100,
    yes: i % 64,
    no: 63 - (i % 64),
  })),
  first: Float64Array.from({ length: 60 }, (_, i) => i / 60),
}
const beginIn = (tenant: string, of: { audit?: Audit; question?: Question } = {}) =>
  beginHistory({ db, audit: of.audit ?? audit }, tenant, of.question ?? question, scored, by, now)

async function rowsOf(tenant: string) {
  const { rows } = await db.transaction([tenant], tx =>
    tx.query<{ case_id: string; kappa_act: number | null; kappa_clear: number | null; label: number | null }>(
      `select case_id, source, decided_at, model_version, kappa_act, kappa_clear, audit_coin, label, quality, labelled_by, counted
        from record_rows order by decided_at, case_id`,
    ),
  )
  return rows
}

test('what nobody accepted is no history, nor is what counts as given in bulk; what is older than ninety days is fitted on only', async () => {
  await imported('acme')
  assert.equal(await wanted('acme'), null)
  assert.equal((await accepted('acme')).outcomes, 240)
  const found = await wanted('acme')
  assert.deepEqual(
    found,
    cases.map(({ caseId, at }) => ({ id: caseId, counts: at >= day(110) })),
  )
  await imported('bulky', cases, 'bulk')
  await assert.rejects(accepted('bulky'), { code: 'import_not_found' })
  assert.equal(await wanted('bulky'), null)
})

test('nine in ten of the cases of the time must have a label, whoever told it', async () => {
  await imported('selected', cases.slice(0, 200))
  await accepted('selected')
  // Of the last ninety days 140 of 180, and the span ends with the newest that is labelled.
  assert.notEqual(await wanted('selected'), null)
  await imported(
    'chosen',
    cases.filter((_, i) => i % 8 !== 0),
  )
  await accepted('chosen')
  assert.equal(await wanted('chosen'), null)
  const rest = cases.filter((_, i) => i % 8 === 0)
  await putOutcomes(
    db,
    'chosen',
    question.pod,
    rest.slice(8).map(({ caseId }) => ({ caseId, at: day(199), label: 0 })),
  )
  assert.notEqual(await wanted('chosen'), null)
})

test('rows and records begin together: each case at its time, in the cuts that held it, if the threshold of the operator did', async () => {
  await imported('rows')
  await accepted('rows')
  assert.deepEqual(await beginIn('rows'), ['yes', 'no'])
  const floor = question.threshold
  const rows = await rowsOf('rows')
  assert.deepEqual(
    rows.map(row => [row.case_id, row.kappa_act, row.kappa_clear, row.label]),
    scored.rows.map(({ id, probability: p, yes, no }) => [
      id,
      p === null || p < floor ? -1 : yes,
      p === null || p >= floor ? -1 : no,
      label(Number(id.slice(1))),
    ]),
  )
  const records = await recordsOf(db, 'rows')
  for (const record of records) {
    const planned = plannedShare(scored.first, scored.first, record.side === 'act' ? 'yes' : 'no', record.budget.alpha)
    assert.ok(planned.ok)
    assert.deepEqual(
      [record.why, record.rowsFrom, record.begunAt, record.starts],
      ['history', cases[60]!.at, now, recordStarts(planned.share)],
    )
    assert.deepEqual(record.counts, await countedFromRows(db, record))
    assert.equal(cutTotals(record.counts).all, 180, 'of the youngest nothing is awaited')
  }
  // Labels that are read after, or once more, leave it as it is.
  await readLabels(db, 'rows', question, null, now)
  await countRows({ db }, 'rows', question, now)
  assert.deepEqual(await recordsOf(db, 'rows'), records)
  const { rows: log } = await db.transaction(['rows'], tx =>
    tx.query<{ action: string; detail: { rows?: number } }>(`select action, detail from audit order by seq`),
  )
  assert.deepEqual(
    log.map(({ action, detail }) => [action, detail.rows]),
    [
      ['autonomy.import_accepted', undefined],
      ['autonomy.history_counted', 180],
    ],
  )
})

test('doing it again, or twice at once, changes nothing; what is ended in the middle leaves nothing', async () => {
  await imported('twice')
  await accepted('twice')
  const killed: Audit = async () => {
    throw new Error('killed')
  }
  await assert.rejects(beginIn('twice', { audit: killed }), /killed/)
  assert.deepEqual([await rowsOf('twice'), await recordsOf(db, 'twice')], [[], []])
  const begun = await Promise.all([1, 2, 3].map(() => beginIn('twice')))
  assert.deepEqual(
    begun.toSorted((a, b) => b.length - a.length),
    [['yes', 'no'], [], []],
  )
  const [rows, records] = [await rowsOf('twice'), await recordsOf(db, 'twice')]
  assert.equal(rows.length, 180)
  assert.equal(await wanted('twice'), null)
  assert.deepEqual(await beginIn('twice'), [])
  assert.deepEqual([await rowsOf('twice'), await recordsOf(db, 'twice')], [rows, records])
})

test('a record that began before and has counted nothing makes way; one that has counted a case goes on', async () => {
  const model = loaded('c'.repeat(64), 3)
  for (const tenant of ['late', 'too late']) {
    await imported(tenant)
    await serveFitted(db, tenant, question, model, 100, day(199))
    await putCuts(db, tenant, question, model, day(199))
    const known = Array.from({ length: 100 }, (_, i) => ({
      id: `k${i}`,
      p: i / 100,
      y: (i % 2) as 0 | 1,
      at: day(150),
    }))
    await addRows(db, { tenant, pod: question.pod, digest: model.digest }, known)
    await keepRecords({ db, scorerOf: () => model }, tenant, question, day(199))
    assert.deepEqual(
      (await recordsOf(db, tenant)).map(({ why }) => why),
      ['first', 'first'],
    )
    await accepted(tenant)
  }
  const acting = { version: 3, act: 5, clear: -1 }
  const live = {
    caseId: 'live',
    at: new Date(day(199).getTime() + 1000),
    probability: 0.9,
    digest: model.digest,
    acting,
  }
  await putDecisions(db, 'too late', question.pod, [live])
  await putOutcomes(db, 'too late', question.pod, [{ caseId: 'live', at: day(199.5), label: 1 }])
  await readLabels(db, 'too late', question, null, day(240))
  await countRows({ db }, 'too late', question, day(240))
  assert.equal(await wanted('too late'), null)
  assert.deepEqual(await beginIn('too late'), [])

  assert.notEqual(await wanted('late'), null)
  assert.deepEqual(await beginIn('late'), ['yes', 'no'])
  assert.deepEqual(
    (await recordsOf(db, 'late')).map(({ why }) => why),
    ['history', 'history'],
  )
  await keepRecords({ db, scorerOf: () => model }, 'late', question, now)
  assert.equal((await recordsOf(db, 'late')).length, 2, 'none begins beside them')
})

test('an action that asks more of a case than its score begins without a history', async () => {
  await imported('bounds')
  await accepted('bounds')
  const { act, clear } = question.actions
  const narrow: Question = {
    ...question,
    actions: { act: { ...act!, conditions: { on: 'probability', narrow: true } }, clear: clear! },
  }
  assert.deepEqual(await beginIn('bounds', { question: narrow }), ['no'])
  assert.ok((await rowsOf('bounds')).every(row => row.kappa_act === null && row.kappa_clear !== null))
})
