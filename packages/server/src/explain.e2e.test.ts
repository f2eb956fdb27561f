import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exampleModel } from './model/example-model.ts'
import { makeSigningKey, readSigningKey, signModel } from './model/signature.ts'
import { exampleTrees, stump } from './model/testing/example-trees.ts'
import { startWorld, type World } from './testing/start-world.ts'

const { text: signingText } = makeSigningKey()
const signingKey = readSigningKey(signingText)
let world: World
test.before(async () => {
  world = await startWorld({ env: { MODEL_SIGNING_KEY: signingText } })
})
test.after(() => world[Symbol.asyncDispose]())

let version = 1_730_484_000
const serve = async (change: NonNullable<Parameters<typeof exampleModel>[0]>, columnMeans = true): Promise<number> => {
  version++
  const model = exampleModel({ ...change, version })
  const means = columnMeans ? { column_means: model.columns.map((_, k) => k / 100) } : {}
  const body = signModel({ ...model, ...means }, signingKey)
  const answer = await world.call('/ops/reload-model', { body, key: await world.key('admin', '*') })
  assert.equal(answer.status, 200, answer.text)
  return version
}
const query = (text: string, values: unknown[] = []) => world.app.db.transaction(['acme'], db => db.query(text, values))
const send = async (details = 'hello') => {
  const { data } = await world.call('/v1/lead', {
    body: { name: 'Jane Doe', email: `${version}@example.com`, details },
  })
  // What is drawn for an unseen opinion is chance here, and withheld: another test is about that.
  await query('update inbox set blinded = false where case_id = $1', [data.lead_id])
  return data
}
const explain = (id: string, key?: string) => world.call(`/v1/decisions/${id}/explain`, key ? { key } : {})

test('without a model the reason says so, and there is nothing to explain', async () => {
  const lead = await send()
  const { data } = await explain(lead.decision.id)
  assert.deepEqual([data.final.state, data.final.reason, data.case_id], ['queued', 'no_model', lead.lead_id])
  assert.deepEqual(data.why_not_automatic[0].code, 'no_model')
  assert.deepEqual(data.would_flip, ['An active model.'])
  assert.deepEqual(data.explanation, { available: false, sentence: 'No model scored this case.' })
})

test('trees explain what they scored, and name values that would cross', async () => {
  version++
  const trees = exampleTrees({
    version,
    trees: columns => [
      stump(columns, 'details_len', 60, [-0.5, 1.5]),
      stump(columns, 'intent=quote', 0.5, [-0.25, 0.5]),
    ],
  })
  const body = signModel(trees, signingKey)
  assert.equal((await world.call('/ops/reload-model', { body, key: await world.key('admin', '*') })).status, 200)
  const lead = await send()
  const { data } = await explain(lead.decision.id)
  const { explanation } = data
  assert.deepEqual(
    [explanation.available, explanation.method, explanation.baseline],
    [true, 'tree_shap', 'training_mean'],
  )
  assert.match(explanation.sentence, /what the trees say on average/)
  assert.equal(explanation.features[0].feature, 'details_len')
  const sum = explanation.features.reduce((total: number, one: { contribution: number }) => total + one.contribution, 0)
  assert.ok(Math.abs(explanation.base + sum + explanation.rest - explanation.margin) < 1e-9)
  assert.ok(Math.abs(1 / (1 + Math.exp(-explanation.margin)) - data.probability) < 1e-9)
  const [change] = data.single_changes
  assert.deepEqual([change.feature, change.way], ['details_len', 'at_least'])
  assert.ok(change.values[0] > 60 && change.values[0] < 60.000001)
})

test('the model of the decision explains it, also when another one serves by then', async () => {
  const first = await serve({ weights: { score: 1, 'intent=quote': 0.5 } })
  const lead = await send()
  await serve({ weights: { score: -3 } })
  const { data } = await explain(lead.decision.id)
  assert.equal(data.decided.model_version, first)
  const { explanation } = data
  assert.equal(explanation.baseline, 'training_mean')
  assert.ok(explanation.features.length <= 5)
  const sum = explanation.features.reduce((total: number, one: { contribution: number }) => total + one.contribution, 0)
  assert.ok(Math.abs(explanation.base + sum + explanation.rest - explanation.margin) < 1e-9)
  assert.ok(Math.abs(1 / (1 + Math.exp(-explanation.margin)) - data.probability) < 1e-9)
  assert.equal(explanation.features[0].feature, 'score')
  assert.equal(explanation.features[0].direction, 'associated with a higher probability')
  assert.equal(data.distance.to_threshold, Math.round((data.probability - 0.7) * 1e6) / 1e6)
  assert.equal(data.distance.to_certified, null)
})

test('a model without column means says that contributions are against a zero baseline', async () => {
  await serve({ weights: { score: 1 } }, false)
  const { data } = await explain((await send()).decision.id)
  assert.equal(data.explanation.baseline, 'zero')
  assert.match(data.explanation.sentence, /zero baseline/)
})

test('a shared model names no tenant whose level would change the score', async () => {
  await serve({
    encoders: { tenant: { kind: 'onehot', levels: ['acme', 'globex'] } },
    weights: { 'tenant=acme': -3, 'intent=support': 5 },
    intercept: 2,
  })
  const { data } = await explain((await send()).decision.id)
  const features = data.single_changes.map((change: { feature: string }) => change.feature)
  assert.deepEqual(features, ['intent'])
  assert.deepEqual(data.single_changes[0].values, ['support'])
})

test('the shortfall of its action is what would flip a case without a certificate', async () => {
  await serve({ intercept: 2 })
  const lead = await send()
  const { data: before } = await explain(lead.decision.id)
  await query(
    `insert into shortfalls (tenant_id, pod, action, model_digest, at, eligible, code, have, need, unlocks_from, detail)
      values ('acme', 'customer-ops', 'start_followup', $1, now(), 22, 'too_few_labels', 22, 59, 0.7, $2)
      on conflict (tenant_id, pod, question, action) do update set model_digest = excluded.model_digest, code = excluded.code,
        have = excluded.have, need = excluded.need, unlocks_from = excluded.unlocks_from, detail = excluded.detail`,
    [before.decided.model_digest, JSON.stringify({ sentence: 'Too few.', share: null })],
  )
  const { data } = await explain(lead.decision.id)
  const [condition] = data.why_not_automatic
  assert.deepEqual(
    [condition.code, condition.value, condition.limit, condition.distance],
    ['not_certified', 22, 59, 37],
  )
  assert.deepEqual(data.would_flip, ['A certificate for start_followup: 37 more outcomes with p >= .70 are needed.'])
})

test('transitions show where the case stands now', async () => {
  const lead = await send()
  await query(
    `insert into transitions (tenant_id, pod, case_id, decision_id, recorded_at, action, from_state, to_state, reason, actor)
      values ('acme', 'customer-ops', $1, $2, $3, 'start_followup', 'queued', 'acted', 'approved_by_human', 'key:k1')`,
    [lead.lead_id, lead.decision.id, new Date(Date.parse(lead.created_at) + 1000)],
  )
  const { data } = await explain(lead.decision.id)
  assert.deepEqual([data.final.state, data.final.reason], ['acted', 'approved_by_human'])
  assert.deepEqual([data.decided.state, data.transitions.length, data.transitions[0].actor], ['queued', 1, 'key:k1'])
})

test('while a person is to judge the case unseen, nothing of it is explained', async () => {
  const lead = await send()
  await query('update inbox set blinded = true where case_id = $1', [lead.lead_id])
  const held = await explain(lead.decision.id)
  assert.deepEqual([held.status, held.body.code], [409, 'withheld_until_answered'])
  assert.doesNotMatch(held.text, /probability|not_certified/)
  await query(`update inbox set state = 'answered' where case_id = $1`, [lead.lead_id])
  assert.equal((await explain(lead.decision.id)).status, 200)
})

test('no door shows the coin of a decision, which would tell an audit before it is answered', async () => {
  const body = { name: 'Jane Doe', email: 'coin@example.com', details: 'a roof' }
  const sent = await world.call('/v1/lead', { body })
  const { lead_id: id, decision } = sent.data
  const { rows } = await query('select audit_coin from decisions where case_id = $1', [id])
  const coin = String((rows[0] as { audit_coin: number }).audit_coin)
  assert.match(coin, /^(0\.\d|\d\.?\d*e-)/)
  const event = { event_id: 'coin', type: 'lead.created', occurred_at: new Date().toISOString(), data: body }
  const asked = [
    sent,
    await world.call('/v1/events', { body: [event] }),
    await world.call('/v1/inbox/next', { body: { order: 'urgency' } }),
  ]
  for (const blinded of [true, false]) {
    await query('update inbox set blinded = $1', [blinded])
    for (const path of [
      `/v1/decisions/${decision.id}/explain`,
      `/v1/lead/${id}`,
      '/v1/lead',
      '/v1/inbox',
      '/v1/search?q=roof',
      '/ops/export/outcomes.csv',
      '/ops/autonomy',
      '/v1/calibration',
    ])
      asked.push(await world.call(path, { key: await world.key('admin') }))
  }
  assert.ok(asked.filter(answer => answer.status === 200).length >= 16)
  for (const { text } of asked) assert.doesNotMatch(text, new RegExp(`audit_?coin|${coin.replace('.', '\\.')}`, 'i'))
})

test('a foreign, unknown or impossible id is one answer; a viewer may ask, an ingest key may not', async () => {
  const lead = await send()
  const foreign = await explain(lead.decision.id, await world.key('admin', 'globex'))
  assert.deepEqual([foreign.status, foreign.body.code], [404, 'decision_not_found'])
  const flipped = lead.decision.id.replace(/.$/, (last: string) => (last === '0' ? '1' : '0'))
  for (const id of [flipped, 'x', lead.lead_id]) assert.equal((await explain(id)).body.code, 'decision_not_found', id)
  assert.equal((await explain(lead.decision.id, await world.key('viewer'))).status, 200)
  assert.equal((await explain(lead.decision.id, await world.key('ingest'))).status, 403)
})

test('fact 38: mode certified, no certificate, p .85: queued not_certified with the shortfall, and no act', async () => {
  await serve({ intercept: Math.log(0.85 / 0.15) })
  const lead = await send()
  assert.deepEqual([lead.pred_prob, lead.decision.mode], [0.85, 'certified'])
  assert.deepEqual([lead.decision.state, lead.decision.reason], ['queued', 'not_certified'])
  const acts = await query('select 1 from acts where case_id = $1', [lead.lead_id])
  assert.equal(acts.rows.length, 0)
  const { data } = await explain(lead.decision.id)
  // What it lacks, once the look that follows a swap has said so.
  assert.match(data.would_flip[0], /^A certificate for start_followup[:.] /)
})

test('fact 37: gate threshold: .50, .69 and .6996 are left alone, .70, .85 and .99 are followed up', async () => {
  await query(
    `insert into action_states (tenant_id, pod, action, mode, gate, changed_at, changed_by, reason)
      select 'acme', 'customer-ops', action, 'acting', 'threshold', now(), 'test', 'fact 37'
      from unnest(array['start_followup', 'skip_followup']) as action`,
  )
  await world.app.core.active.refresh('acme')
  for (const [p, state, reason] of [
    [0.5, 'suppressed', 'below_threshold'],
    [0.69, 'suppressed', 'below_threshold'],
    [0.6996, 'suppressed', 'below_threshold'],
    [0.7, 'acted', 'threshold_mode'],
    [0.85, 'acted', 'threshold_mode'],
    [0.99, 'acted', 'threshold_mode'],
  ] as const) {
    // A hair above, so that .70 is not .69999999999999996 after its logarithm.
    await serve({ intercept: Math.log(p / (1 - p)) + 1e-12 })
    const lead = await send()
    assert.deepEqual([lead.decision.state, lead.decision.reason], [state, reason], `${p}`)
    assert.equal(lead.decision.mode, 'threshold')
    const acts = await query('select 1 from acts where case_id = $1 and action = $2', [lead.lead_id, 'start_followup'])
    assert.equal(acts.rows.length, state === 'acted' ? 1 : 0)
    const { data } = await explain(lead.decision.id)
    assert.deepEqual(data.why_not_automatic, [])
  }
})
