import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FeatureValue } from '@surety/contract'
import { exampleModel, leadFeatures } from './example-model.ts'
import { compileModel } from './scorer.ts'
import { singleChanges } from './single-changes.ts'

const model = exampleModel({
  weights: { details_len: 0.5, 'hour_of_day.cos': -1, 'intent=quote': 1, 'intent=info': -1 },
})
const values: readonly FeatureValue[] = [0.5, 50, 6, 'acme', 'support', 'neutral', 'low']
const at = (place: number, value: FeatureValue) =>
  compileModel(model).score({ hash: 'x', specs: leadFeatures }, values.with(place, value)).probability!

test('a number is named where the probability crosses, and just before it it does not', () => {
  const found = singleChanges(model, values, 0.7).find(change => change.feature === 'details_len')
  assert.ok(found?.way === 'at_least')
  assert.ok(at(1, found.value) >= 0.7)
  assert.ok(at(1, found.value - 1e-6) < 0.7)
})

test('beyond what training saw nothing is offered', () => {
  assert.ok(at(1, 1000) > 0.9)
  const narrow = { ...model, feature_stats: { details_len: { mean: 50, std: 20, min: 40, max: 60 } } }
  assert.deepEqual(
    singleChanges(narrow, values, 0.7).filter(change => change.feature === 'details_len'),
    [],
  )
})

test('nothing is offered below what training saw either', () => {
  const high = values.with(4, 'quote')
  const from = (min: number) => {
    const narrow = { ...model, feature_stats: { details_len: { mean: 50, std: 20, min, max: 60 } } }
    return singleChanges(narrow, high, 0.7).some(change => change.feature === 'details_len')
  }
  assert.deepEqual([from(40), from(45)], [true, false])
})

test('categories, hours and their values: exactly those that cross', () => {
  const changes = singleChanges(model, values, 0.7)
  const intent = changes.find(change => change.feature === 'intent')
  assert.deepEqual(intent, { feature: 'intent', from: 'support', way: 'one_of', values: ['quote'] })
  const hours = changes.find(change => change.feature === 'hour_of_day')
  assert.ok(hours?.way === 'one_of')
  for (let hour = 0; hour < 24; hour++) assert.equal(hours.values.includes(hour), at(2, hour) >= 0.7, `${hour}`)
})

test('from above the threshold, what would bring it below', () => {
  const high = values.with(4, 'quote')
  const changes = singleChanges(model, high, 0.7)
  const length = changes.find(change => change.feature === 'details_len')
  assert.ok(length?.way === 'at_most' && length.value < 50)
  const intent = changes.find(change => change.feature === 'intent')
  assert.deepEqual(intent, { feature: 'intent', from: 'quote', way: 'one_of', values: ['info', 'support'] })
})

test('levels that may not be named are not', () => {
  const changes = singleChanges(model, values, 0.7, feature => feature !== 'intent')
  assert.equal(
    changes.some(change => change.feature === 'intent'),
    false,
  )
})

test('a feature without weight changes nothing', () => {
  assert.deepEqual(singleChanges(exampleModel(), values, 0.7), [])
})
