import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allFinite, codeOf, notFinite } from '../testing/awkward.ts'
import { answered, assertClose, logisticFixture } from '../testing/oracles.ts'
import { fitPlatt } from './platt.ts'

const z = Float64Array.from(logisticFixture.raw)
const y = Uint8Array.from(logisticFixture.y)

test('slope and intercept equal scikit-learn on the smoothed targets to 1e-8', () => {
  const { a, b } = answered(fitPlatt(z, y))
  assertClose(a, logisticFixture.platt.slope, 1e-8)
  assertClose(b, logisticFixture.platt.intercept, 1e-8)
})

test('stretching and shifting the scores is undone exactly, also by large factors', () => {
  const plain = answered(fitPlatt(z, y))
  for (const [factor, shift] of [
    [1e-6, 0],
    [1e6, 0],
    [2, 1000],
  ] as const) {
    const moved = answered(
      fitPlatt(
        z.map(value => factor * value + shift),
        y,
      ),
    )
    assertClose(moved.a * factor, plain.a, 1e-6)
    assertClose(moved.b + moved.a * shift, plain.b, 1e-5)
  }
})

test('perfectly separated scores stay finite, thanks to the smoothed targets', () => {
  const fit = answered(fitPlatt(Float64Array.of(-2, -1, 1, 2), Uint8Array.of(0, 0, 1, 1)))
  assert.ok(allFinite(fit) && fit.a > 0)
})

test('a score that ranks backwards is no signal', () => {
  assert.equal(
    codeOf(
      fitPlatt(
        z.map(value => -value),
        y,
      ),
    ),
    'no_signal',
  )
})

test('nothing, one class, equal and infinite scores are refused', () => {
  assert.equal(codeOf(fitPlatt(new Float64Array(0), new Uint8Array(0))), 'empty')
  assert.equal(codeOf(fitPlatt(z, new Uint8Array(z.length))), 'one_class')
  assert.equal(codeOf(fitPlatt(new Float64Array(4), Uint8Array.of(0, 1, 0, 1))), 'constant')
  for (const bad of notFinite) assert.equal(codeOf(fitPlatt(bad, Uint8Array.of(0, 1, 1))), 'not_finite')
})

test('a slope of exactly 0 is no signal', () => {
  assert.equal(codeOf(fitPlatt(Float64Array.of(-1, 1, -1, 1), Uint8Array.of(0, 0, 1, 1))), 'no_signal')
})
