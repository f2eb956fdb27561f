import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allFinite, codeOf, notFinite } from '../testing/awkward.ts'
import { decisionOracles } from '../testing/decision-oracles.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { confusion, confusionFigures } from './confusion.ts'

const scores = Float64Array.from(decisionOracles.metrics.score)
const y = Uint8Array.from(decisionOracles.metrics.y)

test('counts, F1, MCC and kappa of 60 tied scores equal scikit-learn', () => {
  const at = answered(confusion(scores, y, 0.5))
  assert.deepEqual(
    [at.trueNegatives, at.falsePositives, at.falseNegatives, at.truePositives],
    decisionOracles.metrics.confusion_at_05,
  )
  assertClose(answered(at.f1).value, decisionOracles.metrics.f1_at_05, 1e-12)
  assertClose(answered(at.mcc).value, decisionOracles.metrics.mcc_at_05, 1e-12)
  assertClose(answered(at.kappa).value, decisionOracles.metrics.kappa_at_05, 1e-12)
  assertClose(answered(at.recall).value, 16 / 28, 1e-15)
  assertClose(answered(at.falsePositiveRate).value, 16 / 32, 1e-15)
})

test('each rate has its own denominator', () => {
  const counts = { truePositives: 3, falsePositives: 1, trueNegatives: 14, falseNegatives: 2 }
  const { precision, recall, falsePositiveRate, accuracy } = answered(confusionFigures(counts, 0))
  assert.deepEqual(
    [precision, recall, falsePositiveRate, accuracy].map(rate => answered(rate).value),
    [3 / 4, 3 / 5, 1 / 15, 17 / 20],
  )
})

test('a figure without a denominator is refused by itself', () => {
  const silent = answered(confusion(scores, y, 2))
  assert.equal(codeOf(silent.precision), 'empty')
  assert.equal(answered(silent.recall).value, 0)
  assert.equal(answered(silent.f1).value, 0)
  assert.equal(codeOf(silent.mcc), 'constant')
  assert.equal(answered(silent.kappa).value, 0)
  const oneClass = answered(confusion(Float64Array.of(0.1, 0.2), Uint8Array.of(0, 0), 0.5))
  assert.deepEqual(
    [codeOf(oneClass.recall), codeOf(oneClass.f1), codeOf(oneClass.kappa)],
    ['empty', 'empty', 'constant'],
  )
  assert.ok(allFinite(silent) && allFinite(oneClass))
})

test('a score equal to the threshold is an alert, and -0 equals 0', () => {
  assert.equal(answered(confusion(Float64Array.of(-0, 0), Uint8Array.of(0, 1), 0)).truePositives, 1)
  assert.equal(answered(confusion(Float64Array.of(-0, 0), Uint8Array.of(1, 0), 0)).truePositives, 1)
})

test('millions of rows do not overflow the correlation', () => {
  const counts = { truePositives: 9e8, falsePositives: 1e8, trueNegatives: 9e8, falseNegatives: 1e8 }
  assertClose(answered(answered(confusionFigures(counts, 0)).mcc).value, 0.8, 1e-12)
})

test('nothing, bad scores, bad thresholds and bad counts are refused', () => {
  assert.equal(codeOf(confusion(new Float64Array(), new Uint8Array(), 0)), 'empty')
  for (const bad of notFinite) assert.equal(codeOf(confusion(bad, Uint8Array.of(0, 1, 1), 0.5)), 'not_finite')
  assert.equal(codeOf(confusion(scores, y, NaN)), 'not_finite')
  assert.equal(codeOf(confusion(scores, y, 0.5, 1)), 'out_of_range')
  const half = { truePositives: 0.5, falsePositives: 1, trueNegatives: 1, falseNegatives: 1 }
  assert.equal(codeOf(confusionFigures(half, 0)), 'out_of_range')
})
