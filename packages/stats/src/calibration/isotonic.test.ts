import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered, assertClose, oracles } from '../testing/oracles.ts'
import { fitIsotonic, predictIsotonic } from './isotonic.ts'

const { isotonic_ivap: expected } = oracles
const score = Float64Array.from(expected.score)
const y = Uint8Array.from(expected.y)

test('the raw curve equals scikit-learn on and between its knots to 1e-12', () => {
  const curve = answered(fitIsotonic(score, y, { raw: true }))
  const got = predictIsotonic(curve, Float64Array.from(expected.test))
  for (let i = 0; i < got.length; i++)
    assert.ok(Math.abs(got[i]! - expected.isotonic[i]!) < 1e-12, `at ${expected.test[i]}`)
})

test('predictions rise with the score and are cut to [1/(n+2), 1 - 1/(n+2)]', () => {
  const curve = answered(fitIsotonic(Float64Array.of(1, 2, 3, 4), Uint8Array.of(0, 0, 1, 1)))
  const got = predictIsotonic(curve, Float64Array.of(-9, 1, 2.5, 4, 9, Infinity))
  const expectedValues = [1 / 6, 1 / 6, 0.5, 5 / 6, 5 / 6, 5 / 6]
  got.forEach((value, i) => {
    assertClose(value, expectedValues[i]!, 1e-12)
  })
})

test('the curve never falls and its mean is the base rate', () => {
  const draw = rng('isotonic')
  const scores = Float64Array.from({ length: 500 }, () => draw.int(60))
  const labels = Uint8Array.from(scores, s => (draw.uniform() < s / 80 ? 1 : 0))
  const curve = answered(fitIsotonic(scores, labels, { raw: true }))
  for (let k = 1; k < curve.values.length; k++) assert.ok(curve.values[k]! >= curve.values[k - 1]!)
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length
  assertClose(mean(predictIsotonic(curve, scores)), mean(Float64Array.from(labels)), 1e-12)
})

test('a weight of two is the row twice, and a weight of 0 is no row', () => {
  const once = fitIsotonic(Float64Array.of(1, 2, 3, 9), Uint8Array.of(1, 0, 1, 0), {
    weights: Float64Array.of(2, 1, 1, 0),
    raw: true,
  })
  const twice = fitIsotonic(Float64Array.of(1, 1, 2, 3), Uint8Array.of(1, 1, 0, 1), { raw: true })
  assert.deepEqual(answered(once).values, answered(twice).values)
  assert.deepEqual(answered(once).scores, answered(twice).scores)
})

test('a batch gives what single scores give, on knots and between, also when knots are bunched together', () => {
  const scores = Float64Array.from({ length: 200 }, (_, i) => (i / 200) ** 9)
  const draw = rng('bunched')
  const curve = answered(
    fitIsotonic(
      scores,
      Uint8Array.from(scores, (_, i) => (draw.uniform() < i / 200 ? 1 : 0)),
    ),
  )
  const asked = Float64Array.of(...scores, ...scores.map(s => s * 1.0001 + 1e-12), -1, 2)
  const batch = predictIsotonic(curve, asked)
  asked.forEach((score, i) => {
    assert.equal(batch[i], predictIsotonic(curve, Float64Array.of(score))[0])
  })
  assert.throws(() => predictIsotonic(curve, Float64Array.of(NaN)), RangeError)
})

test('knots as close together as doubles get are still told apart', () => {
  const curve = answered(fitIsotonic(Float64Array.of(0, 5e-324), Uint8Array.of(0, 1), { raw: true }))
  assert.deepEqual([...predictIsotonic(curve, new Float64Array(80).fill(5e-324))], new Array(80).fill(1))
})

test('one row and one class give a flat curve', () => {
  const flat = answered(fitIsotonic(Float64Array.of(5), Uint8Array.of(1)))
  assert.deepEqual([...predictIsotonic(flat, Float64Array.of(0, 5, 9))], new Array(3).fill(1 - 1 / 3))
})

test('nothing, bad scores and bad weights are refused', () => {
  assert.equal(codeOf(fitIsotonic(new Float64Array(0), new Uint8Array(0))), 'empty')
  for (const bad of notFinite) assert.equal(codeOf(fitIsotonic(bad, Uint8Array.of(0, 1, 1))), 'not_finite')
  const two = [Float64Array.of(1, 2), Uint8Array.of(0, 1)] as const
  assert.equal(codeOf(fitIsotonic(...two, { weights: Float64Array.of(1, -1) })), 'out_of_range')
  assert.equal(codeOf(fitIsotonic(...two, { weights: new Float64Array(2) })), 'empty')
})
