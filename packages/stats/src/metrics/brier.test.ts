import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose, oracles } from '../testing/oracles.ts'
import { brier, brierSkill } from './brier.ts'

const p = Float64Array.from(oracles.metrics.score, s => Math.min(0.99, Math.max(0.01, s)))
const y = Uint8Array.from(oracles.metrics.y)

test('the Brier score equals scikit-learn to 1e-12', () => {
  assertClose(answered(brier(p, y)).value, oracles.metrics.brier, 1e-12)
})

test('always saying the base rate has no skill, being right has all', () => {
  const labels = Uint8Array.of(1, 0, 0, 0)
  assert.equal(answered(brierSkill(new Float64Array(4).fill(0.25), labels)).value, 0)
  assert.equal(answered(brierSkill(Float64Array.of(1, 0, 0, 0), labels)).value, 1)
})

test('one class leaves the score defined and the skill refused', () => {
  assert.equal(answered(brier(Float64Array.of(0.5), Uint8Array.of(1))).value, 0.25)
  assert.equal(codeOf(brierSkill(Float64Array.of(0.5), Uint8Array.of(1))), 'one_class')
})

test('nothing, and what is not a probability, is refused', () => {
  assert.equal(codeOf(brier(new Float64Array(0), new Uint8Array(0))), 'empty')
  assert.equal(codeOf(brier(Float64Array.of(1.2), Uint8Array.of(1))), 'out_of_range')
  assert.equal(codeOf(brierSkill(Float64Array.of(NaN), Uint8Array.of(1))), 'not_finite')
})
