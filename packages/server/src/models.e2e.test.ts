import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { openApp } from './app.ts'
import { verifyAudit } from './manage/audit/verify-audit.ts'
import { exampleModel } from './model/example-model.ts'
import { makeSigningKey, readSigningKey, signModel } from './model/signature.ts'
import { startWorld, type World } from './testing/start-world.ts'

const { text: signingText } = makeSigningKey()
const signingKey = readSigningKey(signingText)
let ticks = 0
// A clock that moves with every look: models accepted one after the other have times in that order.
const now = () => new Date(Date.parse('2024-11-02T00:00:00Z') + ticks++)
let world: World
test.before(async () => {
  world = await startWorld({ env: { MODEL_SIGNING_KEY: signingText }, now })
})
test.after(() => world[Symbol.asyncDispose]())

type Change = Parameters<typeof exampleModel>[0]
const candidate = (change: Change = {}) => signModel(exampleModel(change), signingKey)
const metrics = (auc: number, auc_ci: [number, number], n_train = 523) => ({ metrics: { auc, auc_ci, n_train } })
const upload = (body: unknown, query = '', key?: string) =>
  world.call(`/ops/reload-model${query}`, { body, ...(key ? { key } : {}) })

test('facts 43 and 42: an accepted candidate serves; a refused one leaves the old version in place', async () => {
  const good = await upload(candidate({ version: 1730483820, ...metrics(0.65, [0.56, 0.74]) }), '?min_auc=0.65')
  assert.equal(good.status, 200)
  assert.deepEqual(Object.keys(good.body), ['ok', 'version', 'auc', 'n_train', 'load_time', 'validated'])
  assert.deepEqual(
    [good.body.ok, good.body.version, good.body.n_train, good.body.validated],
    [true, 1730483820, 523, true],
  )
  assert.match((await world.call('/metrics', { key: null })).text, /^lead_model_version 1730483820$/m)

  const low = await upload(candidate({ version: 1730483821, ...metrics(0.6, [0.52, 0.68]) }), '?min_auc=0.65')
  assert.equal(low.status, 409)
  assert.deepEqual(low.body, { ok: false, error: 'Model AUC below threshold', auc: 0.6, min_auc: 0.65, rejected: true })
  assert.ok(low.headers.get('x-reject-code'))
  const raised = await upload(candidate({ version: 1730483822, ...metrics(0.68, [0.6, 0.76]) }), '?min_auc=0.70')
  assert.deepEqual(raised.body, {
    ok: false,
    error: 'Model AUC below threshold',
    auc: 0.68,
    min_auc: 0.7,
    rejected: true,
  })
  const status = await world.call('/ops/model-status')
  assert.equal(status.body.version, 1730483820)
  assert.equal(status.body.version_date, '2024-11-01T17:57:00Z')
  assert.deepEqual(Object.keys(status.body), [
    'loaded',
    'version',
    'version_date',
    'auc',
    'n_train',
    'load_time',
    'age_hours',
    'drift_score',
    'health',
    'conditions',
  ])
})

test('facts 44, 45 and 46: lower bound, impossible AUCs, few rows, features, digest and signature', async () => {
  const error = async (body: unknown) => {
    const answer = await upload(body)
    assert.equal(answer.status, 409, answer.text)
    return [answer.body.error, answer.body.auc]
  }
  assert.deepEqual(await error(candidate(metrics(0.66, [0.41, 0.87]))), ['Model AUC lower bound below threshold', 0.66])
  for (const auc of [null, 'NaN', 1.2]) {
    const broken = { ...exampleModel(), metrics: { ...exampleModel().metrics, auc } } as unknown as ReturnType<
      typeof exampleModel
    >
    assert.deepEqual(await error(signModel(broken, signingKey)), ['Model AUC missing or invalid', null])
  }
  assert.equal((await error(candidate(metrics(0.78, [0.72, 0.83], 80))))[0], 'Model trained on too few rows')
  const six = exampleModel()
  assert.equal(
    (await error(signModel({ ...six, features: six.features.slice(0, 6) }, signingKey)))[0],
    'Model features do not match',
  )
  const edited = candidate()
  assert.equal(
    (await error({ ...edited, coefficients: edited.coefficients.map((c, i) => (i === 0 ? c + 1 : c)) }))[0],
    'Model digest mismatch',
  )
  assert.equal((await error(signModel(exampleModel(), makeSigningKey().key)))[0], 'Model signature invalid')
  const missing = await world.call('/ops/reload-model', { method: 'POST' })
  assert.deepEqual([missing.status, missing.body.error], [409, 'Model file not found'])
})

test('fact 47: below the floor needs an admin and a reason, is audited, and says that it was not validated', async () => {
  const low = candidate({ version: 1730483900, ...metrics(0.6, [0.52, 0.68]) })
  assert.equal((await upload(low, '?min_auc=0.5')).status, 403)
  const admin = await world.key('admin')
  const silent = await upload(low, '?min_auc=0.5', admin)
  assert.deepEqual([silent.status, silent.body.code], [422, 'reason_required'])
  const odd = await upload(low, '?min_auc=abc', admin)
  assert.deepEqual([odd.status, odd.body.code], [422, 'invalid_min_auc'])
  const taken = await upload(low, '?min_auc=0.5&reason=drill', admin)
  assert.deepEqual([taken.status, taken.body.validated], [200, false])
  const audited = await world.app.db.transaction(['*', 'acme'], db =>
    db.query<{ reason: string }>(`select reason from audit where reason = 'drill'`),
  )
  assert.equal(audited.rows.length, 1)
})

test('fact 51: a lead is scored by the model that serves, and the answer names it', async () => {
  const model = candidate({ version: 1730484000, weights: { score: 1 }, ...metrics(0.78, [0.72, 0.83]) })
  assert.equal((await upload(model)).status, 200)
  const { data } = await world.call('/v1/lead', {
    body: { name: 'Jane Doe', email: 'j@example.com', details: 'hello' },
  })
  assert.equal(data.pred_prob, 0.668)
  assert.equal(data.model_version, 1730484000)
  assert.deepEqual([data.decision.state, data.decision.reason], ['queued', 'not_certified'])
})

test('rollback returns to the last validated model in one call; the same digest again changes nothing', async () => {
  const same = candidate({ version: 1730484000, weights: { score: 1 }, ...metrics(0.78, [0.72, 0.83]) })
  const again = await upload(same)
  assert.equal(again.status, 200)
  const below = await world.call('/ops/model/rollback', { body: { reason: 'drill', below_floor: true } })
  assert.deepEqual([below.status, below.body.code], [403, 'floor_requires_admin'])
  const back = await world.call('/ops/model/rollback', { body: { reason: 'drill' } })
  assert.equal(back.status, 200, back.text)
  assert.equal(back.data.version, 1730483820, 'not the one between, which an admin let in below the floor')
  assert.equal((await world.call('/ops/model-status')).body.version, 1730483820)
})

test('another replica follows a swap within five seconds, and a restart serves what was active', async () => {
  await using replica = await openApp({ ...world.app.config, port: 0 }, { jobs: false, now })
  const model = candidate({ version: 1730485000, ...metrics(0.78, [0.72, 0.83]) })
  assert.equal((await upload(model)).status, 200)
  const until = Date.now() + 5000
  let version: number | null = null
  while (version !== 1730485000 && Date.now() < until) {
    version = (await replica.models.service.status('acme')).version
    if (version !== 1730485000) await new Promise(resolve => setTimeout(resolve, 50))
  }
  assert.equal(version, 1730485000)
})

test('a broken model file never unloads what serves', async () => {
  await writeFile(world.app.config.modelPath, '{ this is no model')
  const answer = await world.call('/ops/reload-model', { method: 'POST' })
  assert.deepEqual([answer.status, answer.body.error], [409, 'Model file unreadable'])
  assert.equal((await world.call('/ops/model-status')).body.version, 1730485000)
})

test('a reason is redacted before it enters the audit log', async () => {
  const reason = 'asked for by jane.roe@example.com, 612-555-1212'
  const answer = await world.call('/ops/retrain', { body: { reason } })
  assert.equal(answer.status, 200)
  const { rows } = await world.app.db.transaction(['*'], db =>
    db.query<{ reason: string }>(`select reason from audit where reason like 'asked for by%'`),
  )
  assert.match(rows[0]?.reason ?? '', /^asked for by \[EMAIL:[0-9a-f]{10}\], \[PHONE:[0-9a-f]{10}\]$/)
  const verdict = await world.app.db.transaction(['*'], db => verifyAudit(db, '*'))
  assert.equal(verdict.ok, true)
})

test('retrain without enough labels writes a verdict with the shortfall and changes nothing', async () => {
  const answer = await world.call('/ops/retrain', { body: { reason: 'drill' } })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.data.accepted, false)
  assert.match(JSON.stringify(answer.data), /100|20/)
  assert.equal((await world.call('/ops/model-status')).body.version, 1730485000)
})
