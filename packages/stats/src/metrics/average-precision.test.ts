import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered, assertClose, oracles } from '../testing/oracles.ts'
import { averagePrecision } from './average-precision.ts'

test('average precision of tied scores equals scikit-learn to 1e-12', () => {
  const result = averagePrecision(Float64Array.from(oracles.metrics.score), Uint8Array.from(oracles.metrics.y))
  assertClose(answered(result).value, oracles.metrics.ap, 1e-12)
})

test('all scores equal give the base rate, a perfect ranking gives 1', () => {
  assert.equal(answered(averagePrecision(new Float64Array(4), Uint8Array.of(1, 0, 0, 0))).value, 0.25)
  assert.equal(answered(averagePrecision(Float64Array.of(1, 2, 3), Uint8Array.of(0, 1, 1))).value, 1)
})

test('the order of rows inside a tie does not matter', () => {
  const scores = Float64Array.of(2, 2, 2, 1)
  const one = answered(averagePrecision(scores, Uint8Array.of(1, 0, 0, 1))).value
  assert.equal(answered(averagePrecision(scores, Uint8Array.of(0, 0, 1, 1))).value, one)
})

test('only class 1 is fine; without it, and with bad scores, it is refused', () => {
  assert.equal(answered(averagePrecision(Float64Array.of(1, 2), Uint8Array.of(1, 1))).value, 1)
  assert.equal(codeOf(averagePrecision(Float64Array.of(1, 2), Uint8Array.of(0, 0))), 'one_class')
  assert.equal(codeOf(averagePrecision(new Float64Array(0), new Uint8Array(0))), 'empty')
  for (const bad of notFinite) assert.equal(codeOf(averagePrecision(bad, Uint8Array.of(0, 1, 1))), 'not_finite')
})
