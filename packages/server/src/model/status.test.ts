import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDriftGauge } from './drift.ts'
import { exampleModel, leadFeatures } from './example-model.ts'
import { makeSigningKey, signModel } from './signature.ts'
import { modelStatus } from './status.ts'

const { key } = makeSigningKey()
const version = 1_730_483_820
const status = (change: { auc?: number; drift?: number; rows?: number; ageHours?: number; judgedHours?: number }) => {
  const model = signModel(exampleModel({ version, metrics: { auc: change.auc ?? 0.8 } }), key)
  const now = new Date((version + (change.ageHours ?? 1) * 3600) * 1000)
  const { drift = 0, rows: driftRows = 1000 } = change
  const { judgedHours } = change
  const judgedAt = judgedHours === undefined ? null : new Date(now.getTime() - judgedHours * 3_600_000)
  return modelStatus({ model, broken: false, loadedAt: now, drift, driftRows, judgedAt, now })
}

test('fact 48: each limit of health, from both sides', () => {
  assert.equal(status({ auc: 0.54 }).health, 'critical_low_auc')
  assert.equal(status({ auc: 0.55 }).health, 'warning_low_auc')
  assert.equal(status({ auc: 0.65 }).health, 'ok')
  assert.equal(status({ drift: 3.0 }).health, 'ok')
  assert.equal(status({ drift: 3.01, rows: 100 }).health, 'warning_high_drift')
  assert.equal(status({ drift: 3.01, rows: 99 }).health, 'ok')
  assert.equal(status({ ageHours: 48 }).health, 'ok')
  assert.equal(status({ ageHours: 48.1 }).health, 'warning_stale')
})

test('a night that judged and refused a challenger confirms an old model, for 48 hours', () => {
  assert.deepEqual(
    [1, 48, 48.1].map(judgedHours => status({ ageHours: 500, judgedHours }).health),
    ['ok', 'ok', 'warning_stale'],
  )
})

test('fact 49: all conditions that hold are listed, worst first, and the version is shown as a date', () => {
  const found = status({ auc: 0.6, drift: 3.5, ageHours: 50 })
  assert.equal(found.version_date, '2024-11-01T17:57:00Z')
  assert.equal(found.health, 'warning_low_auc')
  assert.deepEqual(found.conditions, ['warning_low_auc', 'warning_high_drift', 'warning_stale'])
  assert.deepEqual(status({}).conditions, [])
})

test('without a model the numbers are null, and error tells a broken registry from an empty one', () => {
  const empty = { model: null, loadedAt: null, drift: 0, driftRows: 0, now: new Date(0) }
  const found = modelStatus({ ...empty, broken: false })
  assert.deepEqual(found, {
    loaded: false,
    version: null,
    version_date: null,
    auc: null,
    n_train: null,
    load_time: null,
    age_hours: null,
    drift_score: null,
    health: 'no_model',
    conditions: ['no_model'],
  })
  assert.equal(modelStatus({ ...empty, broken: true }).health, 'error')
})

const schema = { hash: 'seven', specs: leadFeatures }
const watched = ['score', 'details_len', 'hour_of_day']
const trained = exampleModel().feature_stats
const row = (length: number) => [0.6, length, 12, 'acme', 'quote', 'neutral', 'low']

test('fact 50: a thousand leads of length 90 against mean 50 and std 20 are a drift of 2', () => {
  const gauge = createDriftGauge(watched)
  assert.equal(gauge.score(trained), 0)
  for (let k = 0; k < 1000; k++) gauge.add(schema, row(90))
  assert.equal(gauge.score(trained), 2)
  const constant = { ...trained, details_len: { ...trained['details_len']!, std: 0 } }
  assert.equal(gauge.score(constant), 0)
})

test('only the newest thousand predictions count, and new statistics are compared with the same window', () => {
  const gauge = createDriftGauge(watched)
  for (let k = 0; k < 500; k++) gauge.add(schema, row(1000))
  for (let k = 0; k < 1000; k++) gauge.add(schema, row(50))
  assert.equal(gauge.size, 1000)
  assert.equal(gauge.score(trained), 0)
  assert.equal(gauge.score({ details_len: { mean: 40, std: 10, min: 0, max: 90 } }), 1)
})
