import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { driftOracles } from '../testing/drift-oracles.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { energyDistance, wasserstein } from './wasserstein.ts'

for (const [k, expected] of driftOracles.two_sample.entries()) {
  test(`sample pair ${k}: Wasserstein and energy distance equal SciPy to 1e-12`, () => {
    const [x, y] = [Float64Array.from(expected.x), Float64Array.from(expected.y)]
    assertClose(answered(wasserstein(x, y)).distance, expected.wasserstein, 1e-12)
    assertClose(answered(energyDistance(x, y)).distance, expected.energy, 1e-12)
  })
}

test('a shift by 5 moves every value by 5, and scale counts in standard deviations of the reference', () => {
  const draw = rng('w1 shift')
  const a = Float64Array.from({ length: 200 }, () => draw.int(40))
  const shifted = answered(
    wasserstein(
      a,
      a.map(value => value + 5),
    ),
  )
  assertClose(shifted.distance, 5, 1e-12)
  const scaled = answered(
    wasserstein(
      a.map(value => value * 1000),
      a.map(value => (value + 5) * 1000),
    ),
  )
  assertClose(scaled.perSigma, shifted.perSigma, 1e-12)
})

test('equal samples are 0 apart and swapping the samples keeps the distance', () => {
  const a = Float64Array.of(3, 1, 1, -0)
  const b = Float64Array.of(0, 1, 7)
  assert.equal(answered(wasserstein(a, Float64Array.of(1, 3, 0, 1))).distance, 0)
  assertClose(answered(wasserstein(a, b)).distance, answered(wasserstein(b, a)).distance, 1e-15)
  assert.deepEqual([...a], [3, 1, 1, -0])
})

test('a constant reference, nothing, and infinities are refused; a constant current is not', () => {
  const some = Float64Array.of(1, 2)
  assert.equal(codeOf(wasserstein(Float64Array.of(0.1, 0.1, 0.1), some)), 'constant')
  assert.equal(answered(wasserstein(some, Float64Array.of(2, 2))).distance, 0.5)
  for (const measure of [wasserstein, energyDistance]) {
    assert.equal(codeOf(measure(new Float64Array(0), some)), 'empty')
    assert.equal(codeOf(measure(some, new Float64Array(0))), 'empty')
    for (const bad of notFinite) assert.equal(codeOf(measure(some, bad)), 'not_finite')
    assert.equal(codeOf(measure(Float64Array.of(-1e308, 1e308), Float64Array.of(1e308, 1e308))), 'not_finite')
  }
})
