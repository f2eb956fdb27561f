import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { circularDrift } from './circular-drift.ts'

test('hours around midnight that stay around midnight are no change, wherever the turn is counted', () => {
  const draw = rng('midnight')
  const hours = Float64Array.from({ length: 300 }, () => (22 + draw.int(5)) % 24)
  const turned = hours.map(hour => (hour > 12 ? hour - 24 : hour))
  const result = answered(circularDrift(hours, turned, 24))
  assert.deepEqual([result.d, result.p], [0, 1])
  assert.ok(allFinite(result))
})

test('the mean direction of 23 and 1 is midnight', () => {
  const { reference } = answered(circularDrift(Float64Array.of(23, 1), Float64Array.of(6, 18), 24))
  assert.ok(Math.min(reference.direction!, 24 - reference.direction!) < 1e-9)
  assertClose(reference.concentration, Math.cos(Math.PI / 12), 1e-9)
})

test('opposite hours have no direction', () => {
  const { current } = answered(circularDrift(Float64Array.of(1), Float64Array.of(0, 6, 12, 18), 24))
  assert.deepEqual(current, { direction: null, concentration: 0 })
})

test('nights that become days are found', () => {
  const draw = rng('nights')
  const nights = Float64Array.from({ length: 200 }, () => (21 + 6 * draw.uniform()) % 24)
  const days = nights.map(hour => (hour + 12) % 24)
  const result = answered(circularDrift(nights, days, 24))
  assert.ok(result.d > 0.9 && result.p < 1e-20)
})

test('nothing, infinities and odd periods are refused', () => {
  const some = Float64Array.of(1, 2)
  assert.equal(codeOf(circularDrift(new Float64Array(0), some, 24)), 'empty')
  assert.equal(codeOf(circularDrift(some, Float64Array.of(NaN), 24)), 'not_finite')
  for (const period of [0, -1, Infinity, NaN]) assert.equal(codeOf(circularDrift(some, some, period)), 'out_of_range')
})
