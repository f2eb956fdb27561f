import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { detectableDifference, detectableRise, neededPerArm } from './detectable-effect.ts'

test('units per arm are about 16·p(1 - p)/effect²', () => {
  const needed = answered(neededPerArm(0.1, 0.002)).perArm
  assertClose(needed, (16 * 0.1 * 0.9) / 0.002 ** 2, 0.03)
})

test('the rise found with so many units needs so many units', () => {
  for (const perArm of [200, 5000, 1_000_000]) {
    const { effect } = answered(detectableRise(0.12, perArm, { power: 0.9 }))
    assert.ok(Math.abs(answered(neededPerArm(0.12, effect, { power: 0.9 })).perArm - perArm) <= 1)
  }
})

test('means: deviation 1 and 16 units see (1.95996 + 0.84162)·√(2/16)', () => {
  assertClose(
    answered(detectableDifference(1, 16)).effect,
    (1.959963984540054 + 0.8416212335729143) / Math.sqrt(8),
    1e-12,
  )
})

test('rates outside (0, 1), no effect, too few units and bad levels are refused', () => {
  assert.equal(codeOf(neededPerArm(0.1, 0)), 'out_of_range')
  assert.equal(codeOf(neededPerArm(0.9, 0.2)), 'out_of_range')
  assert.equal(codeOf(neededPerArm(NaN, 0.2)), 'out_of_range')
  assert.equal(codeOf(neededPerArm(0.1, 0.1, { alpha: 0 })), 'out_of_range')
  assert.equal(codeOf(detectableRise(0.5, 1)), 'too_few')
  assert.equal(codeOf(detectableRise(0.5, 0)), 'out_of_range')
  assert.equal(codeOf(detectableDifference(0, 5)), 'out_of_range')
})
