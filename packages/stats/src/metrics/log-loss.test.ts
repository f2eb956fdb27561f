import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose, oracles } from '../testing/oracles.ts'
import { logLoss } from './log-loss.ts'

test('log loss equals scikit-learn to 1e-12', () => {
  const p = Float64Array.from(oracles.metrics.score, s => Math.min(0.99, Math.max(0.01, s)))
  assertClose(answered(logLoss(p, Uint8Array.from(oracles.metrics.y))).value, oracles.metrics.logloss, 1e-12)
})

test('a certainty that turned out wrong costs a lot, stays finite and is counted', () => {
  const { value, clipped } = answered(logLoss(Float64Array.of(0, 1, 0.5), Uint8Array.of(1, 0, 1)))
  assertClose(value, (2 * -Math.log(1e-15) + Math.LN2) / 3, 1e-3)
  assert.equal(clipped, 2)
})

test('nothing, and what is not a probability, is refused', () => {
  assert.equal(codeOf(logLoss(new Float64Array(0), new Uint8Array(0))), 'empty')
  assert.equal(codeOf(logLoss(Float64Array.of(-0.1), Uint8Array.of(1))), 'out_of_range')
  assert.equal(codeOf(logLoss(Float64Array.of(NaN), Uint8Array.of(1))), 'not_finite')
})
