import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { pod } from '@surety/contract'
import { exampleModel } from './model/example-model.ts'
import { makeSigningKey, readSigningKey, signModel } from './model/signature.ts'
import { stump } from './model/testing/example-trees.ts'
import { installed } from './pods.ts'
import { clinic } from './testing/clinic.ts'
import { type Answer, startWorld } from './testing/start-world.ts'

const { text: signingText } = makeSigningKey()
const signingKey = readSigningKey(signingText)
// One question of the pod shares its model with every tenant, the other does not.
const [shows, pays] = clinic.questions
const shared = pod({ ...clinic, questions: [{ ...shows, modelScope: 'all' }, pays!] })
let ticks = 0
const now = () => new Date(Date.parse('2026-03-10T00:00:00Z') + ticks++)
const world = await startWorld({ env: { MODEL_SIGNING_KEY: signingText }, now, pods: [...installed.pods, shared] })
after(() => world[Symbol.asyncDispose]())
const admin = await world.key('admin')
const reason = 'a drill'

const uploaded = (question: string, version: number, more: { auc?: number; pod?: string } = {}) => {
  const { auc = 0.78 } = more
  const feature = `${question}.days`
  const { calibration, metrics, training } = exampleModel()
  return signModel(
    {
      schema: 'surety.model/2',
      version,
      pod: more.pod ?? 'clinic',
      question,
      features: [feature],
      encoders: { [feature]: { kind: 'standard', mean: 0, std: 1, missing: false } },
      fit: { kind: 'logistic', columns: [feature], coefficients: [1], intercept: 0 },
      calibration,
      feature_stats: { [feature]: { mean: 0, std: 1, min: -3, max: 3 } },
      metrics: { ...metrics, auc, auc_ci: [auc - 0.06, auc + 0.06] },
      training,
    },
    signingKey,
  )
}
const upload = async (
  question: string,
  version: number,
  more: Parameters<typeof uploaded>[2] & { query?: string } = {},
) => {
  const model = uploaded(question, version, more)
  const path = `/ops/reload-model?pod=clinic&question=${question}${more.query ?? ''}`
  return { model, answer: await world.call(path, { key: admin, body: model }) }
}
const at = (question: string, rest = '') => `/v1/models/clinic/${question}${rest}`
const post = (path: string, body: object, key = admin) => world.call(path, { body: { reason, ...body }, key })
const versions = (answer: Answer) =>
  answer.data.items.map((one: { question: string; version: number; serves: boolean }) =>
    [one.question, one.version, one.serves].join(' '),
  )
const audited = async (tenants: readonly string[]) => {
  const { rows } = await world.app.db.transaction(tenants, db =>
    db.query<{ line: string }>(
      `select tenant_id || ' ' || action || ' ' || coalesce(detail->>'question', '') as line from audit
        where tenant_id = any ($1) and action like 'model.%' order by at desc, seq desc limit 1`,
      [tenants],
    ),
  )
  return rows[0]?.line
}

test('every question has models of its own: what one serves the other does not know', async () => {
  for (const [question, version] of [
    ['shows', 10],
    ['shows', 20],
    ['pays', 15],
  ] as const)
    assert.equal((await upload(question, version)).answer.status, 200)
  assert.deepEqual(versions(await world.call('/v1/models?pod=clinic')), [
    'pays 15 true',
    'shows 20 true',
    'shows 10 false',
  ])
  assert.deepEqual(versions(await world.call('/v1/models?question=pays')), ['pays 15 true'])
  const status = async (query: string) => (await world.call(`/ops/model-status${query}`)).body
  assert.equal((await status('?pod=clinic')).version, 20, 'the first question where only the pod is named')
  assert.equal((await status('?pod=clinic&question=pays')).version, 15)
  assert.deepEqual((await status('')).health, 'no_model', 'of the leads where nothing is named')
  const { data: card } = await world.call('/ops/model-card?pod=clinic&question=pays')
  assert.deepEqual([card.question, card.version, card.loaded], ['pays', 15, true])
  const sent = { event_id: 'c1', type: 'claim.filed', occurred_at: now().toISOString(), data: { days: 2 } }
  const { data } = await world.call('/v1/events', { body: sent })
  assert.equal(data.decisions[0].reason, 'not_certified', 'the model of this question scored it')
})

test('the gate and trainings are counted by question, and as those of leads where they are', async () => {
  const { text } = await world.call('/metrics', { key: null })
  for (const [question, accepted] of [
    ['shows', 2],
    ['pays', 1],
  ])
    assert.ok(
      text.includes(`\nmodel_reload_total{pod="clinic",question="${question}",result="accepted"} ${accepted}\n`),
      String(question),
    )
  assert.ok(text.includes('\nmodel_retrain_total{pod="clinic",question="pays",result="refused"} 0\n'))
  assert.ok(text.includes('\nlead_model_reload_total{result="accepted"} 0\n'))
})

test('pages hold each model once, whatever the order of their times', async () => {
  const seen: string[] = []
  let next: string | null = ''
  while (next !== null) {
    const answer: Answer = await world.call(`/v1/models?limit=1${next === '' ? '' : `&cursor=${next}`}`)
    assert.equal(answer.status, 200, answer.text)
    seen.push(...versions(answer))
    next = answer.data.next
  }
  assert.deepEqual(seen, ['pays 15 true', 'shows 20 true', 'shows 10 false'])
  assert.equal((await world.call('/v1/models?cursor=bm90IG9uZQ')).status, 422)
})

test('one model tells where it comes from, with its card and its verdict', async () => {
  const { data: model } = await world.call(at('shows', '/10'))
  assert.deepEqual(
    [model.scope, model.serves, model.accepted, model.validated, model.auc, model.n_train, model.n_test, model.min_auc],
    ['all', false, true, true, 0.78, 523, 130, 0.65],
  )
  assert.deepEqual(model.features, ['shows.days'])
  const { data: card } = await world.call(at('shows', '/10/card'))
  assert.deepEqual([card.loaded, card.loaded_at, card.version, card.previous], [false, null, 10, 'unknown'])
  assert.deepEqual([card.integrity.digest, card.integrity.signature], [model.digest, 'verified'])
  const { data: newer } = await world.call(at('shows', '/20/card'))
  assert.deepEqual([newer.loaded, newer.previous.version], [true, 10])
  const { data: verdict } = await world.call(at('shows', '/10/verdict'))
  assert.deepEqual(verdict.verdict, { source: 'reload', min_auc: 0.65 })
})

test('what is not there is said to be so, with the names there are', async () => {
  for (const path of ['/v1/models/clinic/lasts/10', '/v1/models/hospital/shows/10'] as const) {
    const { status, body } = await world.call(path)
    assert.deepEqual([status, body.code], [404, 'question_not_found'])
    assert.match(body.detail, /customer-ops\/main, table\/main, clinic\/shows, clinic\/pays/)
  }
  assert.equal((await post('/v1/models/clinic/lasts/retrain', {})).body.code, 'question_not_found')
  for (const version of ['11', 'newest', '-1', '99999999999999999999']) {
    const { status, body } = await world.call(at('shows', `/${version}`))
    assert.deepEqual([status, body.code], [404, 'model_not_found'], version)
  }
  assert.equal(
    (await post(at('shows', '/activate'), { version: 15 })).body.code,
    'model_not_found',
    'of the other question',
  )
  const unknown = await world.call('/ops/model-status?pod=clinic&question=lasts')
  assert.equal(unknown.status, 422)
  assert.match(unknown.body.errors[0].message, /shows, pays/)
})

test('a kept model serves again by an operator with a reason; a rollback returns to what it replaced', async () => {
  const operator = await world.key('operator')
  for (const change of ['activate', 'rollback', 'retrain'])
    for (const said of [{}, { reason: ' ' }]) {
      const body = { ...(change === 'activate' && { version: 10 }), ...said }
      const refused = await world.call(at('shows', `/${change}`), { key: admin, body })
      assert.equal(refused.body.code, 'reason_required', change)
    }
  assert.equal((await post(at('shows', '/activate'), { version: 10 }, await world.key('viewer'))).status, 403)
  const { data } = await post(at('shows', '/activate'), { version: 10 }, operator)
  assert.deepEqual([data.version, data.auc], [10, 0.78])
  assert.equal(await audited(['*']), '* model.activated shows')
  assert.deepEqual(versions(await world.call('/v1/models?question=shows')), ['shows 20 false', 'shows 10 true'])
  assert.equal((await world.call(at('pays', '/15'))).data.serves, true)
  const back = await post(at('shows', '/rollback'), {}, operator)
  assert.deepEqual([back.status, back.data.version], [200, 20])
  assert.equal((await world.call(at('shows', '/10'))).data.accepted_at, null, 'no rollback returns to it')
  assert.equal((await post('/ops/model/rollback', { pod: 'clinic', question: 'pays' })).body.code, 'no_previous_model')
})

test('below the floor only an admin who asks for it lets a model serve again', async () => {
  const low = await upload('pays', 30, { auc: 0.6, query: '&min_auc=0.55&reason=pilot' })
  assert.deepEqual([low.answer.status, low.answer.body.validated], [200, false])
  assert.equal((await upload('pays', 40)).answer.status, 200)
  const operator = await world.key('operator')
  const asked = (more: object, key: string) => post(at('pays', '/activate'), { version: 30, ...more }, key)
  const refused = await asked({}, admin)
  assert.deepEqual([refused.status, refused.body.code], [409, 'model_refused'])
  assert.match(refused.body.detail, /^Model AUC below threshold/)
  assert.equal(await audited(['acme']), 'acme model.refused pays')
  assert.equal((await asked({ below_floor: true }, operator)).body.code, 'floor_requires_admin')
  assert.equal((await asked({ below_floor: true }, admin)).data.version, 30)
  assert.equal((await world.call(at('pays', '/30'))).data.validated, false)
  assert.equal((await asked({}, operator)).data.version, 30, 'it serves already: nothing changes')
})

test('where several models have one version the digest says which is meant', async () => {
  const [one, two] = [await upload('pays', 50), await upload('pays', 50, { auc: 0.8 })]
  const digestOf = async (query = '') => (await world.call(at('pays', `/50${query}`))).data.digest
  assert.equal(await digestOf(), two.model.digest, 'the one that serves')
  assert.equal(await digestOf(`?digest=${one.model.digest}`), one.model.digest)
  await post(at('pays', '/activate'), { version: 50, digest: one.model.digest })
  assert.equal(await digestOf(), one.model.digest)
})

test("a model of one tenant is nobody else's; that of all is seen by all, and changed by a platform key", async () => {
  const other = await world.key('admin', 'globex')
  const platform = await world.key('admin', '*')
  const sees = async (key: string) => versions(await world.call('/v1/models?pod=clinic', { key }))
  assert.deepEqual(await sees(other), ['shows 20 true', 'shows 10 false'])
  assert.deepEqual(await sees(platform), ['shows 20 true', 'shows 10 false'])
  assert.equal((await world.call(at('pays', '/15'), { key: other })).body.code, 'model_not_found')
  for (const [path, body] of [
    ['/retrain', {}],
    ['/activate', { version: 10 }],
    ['/rollback', {}],
  ] as const)
    for (const key of [other, admin])
      assert.equal((await post(at('shows', path), body, key)).body.code, 'platform_key_required', path)
  assert.equal((await post(at('shows', '/activate'), { version: 10 }, platform)).status, 200)
  const own = await post(at('pays', '/retrain'), {}, platform)
  assert.deepEqual([own.status, own.body.code], [403, 'forbidden'])
})

test('trees serve a question like any other model; what was made for another one is refused by its name', async () => {
  const model = uploaded('pays', 90)
  const trees = (question: string) =>
    signModel(
      {
        ...model,
        question,
        fit: {
          kind: 'trees' as const,
          columns: ['pays.days'],
          base: 0,
          trees: [stump(['pays.days'], 'pays.days', 1.5, [-2, 2])],
        },
      },
      signingKey,
    )
  const put = (question: string) =>
    world.call('/ops/reload-model?pod=clinic&question=pays', { key: admin, body: trees(question) })
  const refused = await put('shows')
  assert.deepEqual(
    [refused.status, refused.headers.get('x-reject-code'), refused.body.error],
    [409, 'question_mismatch', 'Model made for another question'],
  )
  assert.equal((await put('pays')).status, 200)
  const { data: card } = await world.call(at('pays', '/90/card'))
  assert.deepEqual([card.training.kind, card.loaded], ['trees', true])
  for (const days of [1, 2]) {
    const occurred_at = now().toISOString()
    const sent = { event_id: `trees ${days}`, type: 'claim.filed', occurred_at, data: { days } }
    assert.equal((await world.call('/v1/events', { body: sent })).status, 201)
  }
  const { rows } = await world.app.db.transaction(['acme'], db =>
    db.query<{ probability: number }>(
      'select probability from decisions where model_digest = $1 order by recorded_at, probability',
      [trees('pays').digest],
    ),
  )
  const { a, b } = model.calibration
  assert.deepEqual(
    rows.map(({ probability }) => probability),
    [-2, 2].map(z => 1 / (1 + Math.exp(-(a * z + b)))),
  )
})
