import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { certifyLoss } from './certify-loss.ts'
import { hoeffdingBentkusP } from './risk-p-values.ts'

const budget = { epsilon: 0.1, delta: 0.05 }
const draw = rng('certify-loss')
const scores = Float64Array.from({ length: 2000 }, () => draw.uniform())
const losses = scores.map(s => (1 - s) * draw.uniform())

test('the certified cut passes the Hoeffding-Bentkus test, with all rows of equal score', () => {
  const rough = scores.map(s => Math.round(s * 20) / 20)
  const cut = answered(certifyLoss(rough, losses, budget))
  const rows = [...rough.keys()].filter(i => rough[i]! >= cut.threshold)
  const mean = rows.reduce((sum, i) => sum + losses[i]!, 0) / rows.length
  assert.equal(cut.accepted, rows.length)
  assert.ok(Math.abs(mean - cut.meanLoss) < 1e-12 && hoeffdingBentkusP(mean, rows.length, 0.1) <= 0.05)
})

test('the mean loss of later rows at or above the cut keeps the budget, though the mean over all is far above it', () => {
  const cut = answered(certifyLoss(scores, losses, { ...budget, start: 200 }))
  // True mean at or above t: the mean of (1 - s)/2 over s in [t, 1], which is (1 - t)/4.
  assert.ok((1 - cut.threshold) / 4 <= 0.1)
  assert.ok(cut.accepted > 400, `${cut.accepted}`)
})

test('hopeless losses, too few rows and bad input are refused', () => {
  assert.equal(
    codeOf(
      certifyLoss(
        scores,
        losses.map(() => 1),
        budget,
      ),
    ),
    'not_certifiable',
  )
  assert.equal(codeOf(certifyLoss(scores.subarray(0, 28), losses.subarray(0, 28), budget)), 'not_certifiable')
  assert.equal(codeOf(certifyLoss(new Float64Array(0), new Float64Array(0), budget)), 'empty')
  for (const bad of notFinite) assert.equal(codeOf(certifyLoss(bad, Float64Array.of(0, 0, 0), budget)), 'not_finite')
  assert.equal(
    codeOf(
      certifyLoss(
        scores,
        losses.map(() => NaN),
        budget,
      ),
    ),
    'out_of_range',
  )
  assert.throws(() => certifyLoss(scores, losses.subarray(1), budget), RangeError)
})
