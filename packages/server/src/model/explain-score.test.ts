import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FeatureValue } from '@surety/contract'
import { sigmoid } from '@surety/stats'
import { exampleModel, leadFeatures } from './example-model.ts'
import { explainScore, valuesOf } from './explain-score.ts'
import { compileModel } from './scorer.ts'

const model = {
  ...exampleModel({
    weights: { score: 2, details_len: -0.5, 'hour_of_day.sin': 0.25, 'intent=quote': 1, 'urgency=high': -0.75 },
    intercept: -1,
  }),
  calibration: { a: 1.5, b: 0.25 },
}
const values: readonly FeatureValue[] = [0.8, 90, 6, 'acme', 'quote', 'neutral', 'high']
const means = model.columns.map(column => (column === 'score' ? 0.6 : column.includes('=') ? 0.25 : 0))

test('base and contributions add up to the log-odds of the probability that was shown', () => {
  const found = explainScore({ ...model, column_means: means }, values)
  assert.ok(found.ok)
  const { probability } = compileModel(model).score({ hash: 'x', specs: leadFeatures }, values)
  const sum = found.contributions.reduce((total, { contribution }) => total + contribution, found.base)
  assert.ok(Math.abs(sum - found.margin) < 1e-9)
  assert.ok(Math.abs(found.probability - probability!) < 1e-12)
  assert.equal(found.baseline, 'training_mean')
})

test('a contribution is coefficient times the distance from the training mean, through the calibration', () => {
  const found = explainScore({ ...model, column_means: means }, values)
  assert.ok(found.ok)
  const of = (feature: string) => found.contributions.find(one => one.feature === feature)!.contribution
  assert.ok(Math.abs(of('score') - 1.5 * 2 * (0.8 - 0.6)) < 1e-12)
  assert.ok(Math.abs(of('intent') - 1.5 * 1 * (1 - 0.25)) < 1e-12)
  assert.equal(found.contributions[0]!.feature, 'details_len')
})

test('a model without column means is explained against a zero baseline, and says so', () => {
  const found = explainScore(model, values)
  assert.ok(found.ok)
  assert.equal(found.baseline, 'zero')
  assert.ok(Math.abs(found.base - (1.5 * -1 + 0.25)) < 1e-12)
})

test('contributions that do not add up are refused, not shown', () => {
  const huge = { ...model, coefficients: model.coefficients.map(() => 1e300), calibration: { a: 1e300, b: 0 } }
  assert.equal(explainScore(huge, values).ok, false)
})

test('a stored vector is put into the order of the model, and what it lacks is missing', () => {
  const specs = [{ name: 'b' }, { name: 'a' }]
  assert.deepEqual(valuesOf({ features: ['a', 'b', 'c'] }, specs, [2, 1]), [1, 2, null])
})

test('fact 71: base -2.0 and contributions that sum to 3.386294 give the margin 1.386294 and probability .80', () => {
  const weights = { score: 2.386294, 'intent=quote': 1 }
  const found = explainScore(exampleModel({ weights, intercept: -2 }), [1, 50, 6, 'acme', 'quote', 'neutral', 'low'])
  assert.ok(found.ok)
  assert.ok(Math.abs(found.base - -2) < 1e-12)
  assert.ok(Math.abs(found.margin - 1.386294) < 1e-9)
  assert.ok(Math.abs(found.probability - 0.8) < 1e-6)
  assert.ok(Math.abs(sigmoid(-2 + 3.386294) - found.probability) < 1e-12)
})
