import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { placeOf, type Question } from '@surety/contract'
import { exampleModel, leadFeatures } from '../../model/example-model.ts'
import { compileModel } from '../../model/scorer.ts'
import { podNamed } from '../../pods.ts'
import { readActing } from '../../store/acting-versions.ts'
import { saveSchema } from '../../store/feature-schemas.ts'
import { ensurePartitions } from '../../store/partitions.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { readVersionCuts } from '../../store/version-cuts.ts'
import { freezeCuts } from './freeze-cuts.ts'
import { day, serve } from './testing/evidence.ts'
import { putDecisions, putOutcomes } from './testing/settled-cases.ts'

const database = await openTestDatabase()
after(() => database[Symbol.asyncDispose]())
const { db } = database
const [question] = podNamed('customer-ops').questions
await db.transaction([], handle => ensurePartitions(handle, day(0), day(60)))

/** Scores a lead by the length of its text alone: the longer, the likelier. */
const model = compileModel({ ...exampleModel({ version: 7, weights: { details_len: 0.01 } }), digest: 'seventh' })
const scored = (length: number): number =>
  model.score({ hash: 'lengths', specs: leadFeatures }, vectorOf(length)).probability!
const vectorOf = (length: number) => [0.5, length, 12, 'acme', 'info', 'neutral', 'low']

const caseOf = (length: number): string => `L${String(length).padStart(5, '0')}`

/** Decisions on leads of these lengths, one a minute, as the line made them before there was a model. */
async function decide(tenant: string, lengths: readonly number[], from = day(1), digest: string | null = null) {
  await putDecisions(
    db,
    tenant,
    question.pod,
    lengths.map((length, i) => ({
      caseId: caseOf(length),
      at: new Date(from.getTime() + i * 60_000),
      probability: digest === null ? null : length / 10_000,
      digest,
    })),
  )
  await db.transaction([tenant], async handle => {
    await saveSchema(handle, { tenant, pod: question.pod, hash: 'lengths', specs: leadFeatures, at: day(0) })
    await handle.query(
      `update decisions d set schema_hash = 'lengths', features = given.features
        from unnest($2::text[], $3::json[]) as given(case_id, features) where d.tenant_id = $1 and d.case_id = given.case_id`,
      [tenant, lengths.map(caseOf), lengths.map(length => JSON.stringify(vectorOf(length)))],
    )
  })
}
const upTo = (n: number, from = 1) => Array.from({ length: n }, (_, i) => from + i)
const freeze = (tenant: string, at = day(10), asked: Question = question) =>
  freezeCuts(db, tenant, asked, (_tenant, _question, digest) => (digest === model.digest ? model : null), at)
const cutsOf = (tenant: string, digest = model.digest) =>
  db.read([tenant], reader => readVersionCuts(reader, { tenant, ...placeOf(question), digest }))

test('from the fiftieth decision on a version has cuts: those of its own scores of what was decided before it', async () => {
  await serve(db, '*', question.pod, model.digest)
  await decide('acme', upTo(49))
  assert.equal(await freeze('acme'), false)
  assert.equal(await cutsOf('acme'), null)
  await decide('acme', [50], day(2))
  assert.equal(await freeze('acme', day(11)), true)
  const cuts = (await cutsOf('acme'))!
  assert.deepEqual([cuts.version, cuts.n, cuts.begunAt], [1, 50, day(11)])
  const { act, clear } = cuts.thresholds
  // Of 50 the loosest cut holds all; the next 46 of them (50/1.1 rounded up); the strictest the best one alone.
  assert.deepEqual([act!.length, act![0], act![1], act![63]], [64, scored(1), scored(5), scored(50)])
  assert.deepEqual([clear!.length, clear![0], clear![1], clear![63]], [64, scored(50), scored(46), scored(1)])
})

test('they stay as they are, whatever is decided and told afterwards', async () => {
  const before = await cutsOf('acme')
  await decide('acme', upTo(30, 60), day(3))
  await putOutcomes(
    db,
    'acme',
    question.pod,
    upTo(50).map(length => ({ caseId: caseOf(length), at: day(5), label: length % 2 === 0 ? 1 : 0 })),
  )
  assert.equal(await freeze('acme', day(12)), false)
  assert.deepEqual(await cutsOf('acme'), before)
})

test('labels move none of them', async () => {
  for (const [tenant, label] of [
    ['labelled', 1],
    ['flipped', 0],
  ] as const) {
    await decide(tenant, upTo(80))
    await putOutcomes(
      db,
      tenant,
      question.pod,
      upTo(80).map(length => ({ caseId: caseOf(length), at: day(5), label: length > 40 ? label : 0 })),
    )
    assert.equal(await freeze(tenant), true)
  }
  assert.deepEqual(await cutsOf('labelled'), await cutsOf('flipped'))
})

test('what it decided itself counts by what it said then', async () => {
  await decide('own', upTo(60), day(1), model.digest)
  assert.equal(await freeze('own'), true)
  const { thresholds } = (await cutsOf('own'))!
  assert.deepEqual([thresholds.act![0], thresholds.act![63]], [1 / 10_000, 60 / 10_000])
})

test('the newest 2,000 decisions count, the others by rescoring', async () => {
  await decide('large', upTo(60, 5_000), day(1))
  await decide('large', upTo(2_000), day(2))
  assert.equal(await freeze('large'), true)
  const { n, thresholds } = (await cutsOf('large'))!
  assert.deepEqual([n, thresholds.act![63], thresholds.clear![0]], [2_000, scored(1_999), scored(2_000)])
})

test('a side that the question does not have has none', async () => {
  await decide('clears', upTo(50))
  const { clear } = question.actions
  assert.ok(clear)
  assert.equal(await freeze('clears', day(10), { ...question, actions: { clear } }), true)
  const { thresholds } = (await cutsOf('clears'))!
  assert.deepEqual([thresholds.act, thresholds.clear!.length], [null, 64])
})

test('the next version has cuts of its own, and those of the one before stay', async () => {
  const next = compileModel({ ...exampleModel({ version: 8, weights: { details_len: -0.01 } }), digest: 'eighth' })
  const before = await cutsOf('acme')
  await serve(db, '*', question.pod, next.digest)
  assert.equal(await freezeCuts(db, 'acme', question, () => next, day(13)), true)
  const { version, n, thresholds } = (await cutsOf('acme', next.digest))!
  const shortest = next.score({ hash: 'lengths', specs: leadFeatures }, vectorOf(1)).probability
  assert.deepEqual([version, n, thresholds.act![63]], [2, 80, shortest])
  assert.deepEqual(await cutsOf('acme'), before)
  await serve(db, '*', question.pod, model.digest)
})

test('a process that has another model loaded freezes none', async () => {
  await decide('behind', upTo(50))
  assert.equal(await freezeCuts(db, 'behind', question, () => null, day(10)), false)
  assert.equal(await cutsOf('behind'), null)
})

test('of two processes that freeze at once one does, and the other says so', async () => {
  await decide('twice', upTo(50))
  const frozen = await Promise.all([freeze('twice', day(10)), freeze('twice', day(11))])
  assert.deepEqual(frozen.toSorted(), [false, true])
})

test('one version acts for a tenant and question; where none was named, the newest that was promoted does', async () => {
  const key = placeOf(question)
  const read = (tenant: string) => db.read([tenant], reader => readActing(reader, tenant, key))
  assert.equal(await read('acme'), null)
  await db.transaction(['acme'], handle =>
    handle.query(`insert into acting_versions values ('acme', $1, $2, 'sixth', 6, $3)`, [
      key.pod,
      key.question,
      day(6),
    ]),
  )
  assert.deepEqual(await read('acme'), { digest: 'sixth', version: 6, since: day(6) })
  assert.equal(await read('own'), null)
})
