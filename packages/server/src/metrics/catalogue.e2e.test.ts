import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MetricSpec } from '@surety/contract'
import { exampleModel } from '../model/example-model.ts'
import { makeSigningKey, signModel } from '../model/signature.ts'
import { pods } from '../pods.ts'
import { startWorld, type World } from '../testing/start-world.ts'
import { catalogueOf } from './catalogue.ts'

const specs: readonly (readonly [string, MetricSpec])[] = Object.entries(catalogueOf(pods))

async function scrape(world: World) {
  const { text } = await world.call('/metrics', { key: null })
  const series = [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name, inner = '', value]) => ({
    name: name!,
    labels: [...inner.matchAll(/(\w+)="/g)].map(([, label]) => label!).filter(label => label !== 'le'),
    value: Number(value),
  }))
  const types = new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name!, type!]))
  return { text, series, types }
}

/** Names under which the series of a metric stand. */
const namesOf = (name: string, { type }: MetricSpec) =>
  type === 'histogram' ? ['_bucket', '_sum', '_count'].map(end => name + end) : [name]

test('a fresh service shows every metric of the catalogue and no other, each with its labels', async () => {
  await using world = await startWorld({ jobs: true })
  const { series, types } = await scrape(world)
  assert.deepEqual([...types.keys()].sort(), specs.map(([name]) => name).sort())
  for (const [name, spec] of specs) {
    assert.equal(types.get(name), spec.type, name)
    const own = series.filter(one => namesOf(name, spec).includes(one.name))
    if (spec.later === undefined) assert.ok(own.length > 0, `${name} has no series yet and does not say when it will`)
    for (const { labels } of own) assert.deepEqual(labels.toSorted(), [...spec.labels].sort(), name)
  }
})

test('what goes through the line is counted and timed, and what lies in the database is looked up', async () => {
  const { key, text } = makeSigningKey()
  await using world = await startWorld({ env: { MODEL_SIGNING_KEY: text } })
  const model = signModel(exampleModel({ metrics: { auc: 0.8, auc_ci: [0.7, 0.9], n_train: 523 } }), key)
  assert.equal((await world.call('/ops/reload-model', { body: model })).status, 200)
  const ids: string[] = []
  for (const details of ['Please send a quote, urgent', 'My roof leaks, write to a@example.com']) {
    const lead = await world.call('/v1/lead', { body: { name: 'Jane Doe', email: 'jane@example.com', details } })
    assert.equal(lead.status, 200, lead.text)
    ids.push(lead.data.lead_id)
  }
  const sent = await world.call('/v1/events', {
    body: {
      event_id: 'by-events',
      type: 'lead.created',
      occurred_at: world.app.now().toISOString(),
      data: { name: 'Jane Doe', email: 'jane@example.com', details: 'Please send a quote' },
    },
  })
  assert.equal(sent.status, 201, sent.text)
  for (const [k, outcome] of ['booked', 'ghosted'].entries()) {
    const told = await world.call(`/v1/lead/${ids[k]}/outcome`, { body: { outcome } })
    assert.equal(told.status, 200, told.text)
  }
  await world.app.refreshFigures()
  const { series, text: shown } = await scrape(world)
  const shownAs = (name: string) => series.find(one => one.name === name)?.value
  assert.match(shown, /^lead_enrich_intent_total\{intent="quote"\} 2$/m)
  assert.match(shown, /^agent_intent_total\{intent="quote",route="\/v1\/lead"\} 1$/m)
  assert.match(shown, /^agent_intent_total\{intent="quote",route="\/v1\/events"\} 1$/m)
  assert.match(shown, /^agent_intent_total\{intent="quote",route="none"\} 0$/m)
  assert.match(shown, /^lead_enrich_total\{intent="quote",urgency="high",sentiment="\w+"\} 1$/m)
  assert.equal(shownAs('lead_enrich_score_count'), 3)
  assert.equal(shownAs('lead_enrich_latency_seconds_count'), 3)
  assert.equal(shownAs('lead_pred_latency_seconds_count'), 3)
  assert.ok((shownAs('lead_pred_latency_seconds_sum') ?? 0) > 0)
  assert.match(shown, /^pii_redaction_latency_seconds_count\{surface="conversation"\} 3$/m)
  assert.match(shown, /^pii_redaction_latency_seconds_count\{surface="notes"\} 2$/m)
  assert.equal(shownAs('lead_conversion_sample_size'), 2)
  assert.equal(shownAs('lead_conversion_rate'), 0.5)
  assert.equal(shownAs('lead_labels_settled'), 2)
  assert.equal(shownAs('lead_model_ever_active'), 1)
  assert.equal(shownAs('lead_model_last_verdict_ts'), 0, 'a file that was let in was judged elsewhere')
  assert.equal(shownAs('api_tenants_count'), 1)
  for (const name of ['lead_newest_label_ts', 'lead_oldest_case_ts'])
    assert.ok(Math.abs((shownAs(name) ?? 0) - world.app.now().getTime() / 1000) < 600, name)
})
