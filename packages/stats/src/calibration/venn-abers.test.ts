import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered, oracles } from '../testing/oracles.ts'
import { fitIsotonic, predictIsotonic } from './isotonic.ts'
import { fitVennAbers, predictVennAbers, vennAbersBrierPoint, vennAbersPoint } from './venn-abers.ts'

const { isotonic_ivap: expected } = oracles

/** The definition: two isotonic fits with the asked score added, once with each label. */
function byDefinition(scores: readonly number[], y: readonly number[], asked: number): readonly number[] {
  return [0, 1].map(label => {
    const curve = answered(fitIsotonic(Float64Array.of(...scores, asked), Uint8Array.of(...y, label), { raw: true }))
    return predictIsotonic(curve, Float64Array.of(asked))[0]!
  })
}

test('p0, p1 and both points equal two isotonic fits of scikit-learn to 1e-12, on scores and between them', () => {
  const fit = answered(fitVennAbers(Float64Array.from(expected.score), Uint8Array.from(expected.y)))
  const got = predictVennAbers(fit, Float64Array.from(expected.test))
  expected.p0p1.forEach(([p0, p1], i) => {
    assert.ok(Math.abs(got.p0[i]! - p0) < 1e-12, `p0 at ${expected.test[i]}: ${got.p0[i]}`)
    assert.ok(Math.abs(got.p1[i]! - p1) < 1e-12, `p1 at ${expected.test[i]}: ${got.p1[i]}`)
    assert.ok(Math.abs(got.p[i]! - expected.p_log[i]!) < 1e-12)
    assert.ok(Math.abs(vennAbersPoint(got.p0[i]!, got.p1[i]!) - expected.p_log[i]!) < 1e-12)
    assert.ok(Math.abs(vennAbersBrierPoint(got.p0[i]!, got.p1[i]!) - expected.p_brier[i]!) < 1e-12)
  })
})

test('it equals the definition to 1e-12 on 300 small data sets with ties, constants, one row and one class', () => {
  const draw = rng('venn-abers')
  for (let world = 0; world < 300; world++) {
    const n = 1 + draw.int(25)
    const levels = 1 + draw.int(world % 3 === 0 ? 3 : 30)
    const share = [0, 1, 0.5, 0.2][world % 4]!
    const scores = Array.from({ length: n }, () => draw.int(levels))
    const y = scores.map(() => (draw.uniform() < share ? 1 : 0))
    const fit = answered(fitVennAbers(Float64Array.from(scores), Uint8Array.from(y)))
    for (let asked = -0.5; asked <= levels; asked += 0.5) {
      const got = predictVennAbers(fit, Float64Array.of(asked))
      const [p0, p1] = byDefinition(scores, y, asked)
      const where = `world ${world}, n = ${n}, at ${asked}`
      assert.ok(Math.abs(got.p0[0]! - p0!) < 1e-12, `p0 ${got.p0[0]} for ${p0}, ${where}`)
      assert.ok(Math.abs(got.p1[0]! - p1!) < 1e-12, `p1 ${got.p1[0]} for ${p1}, ${where}`)
    }
  }
})

test('the interval is never empty, never falls with the score, and a batch gives what single scores give', () => {
  const draw = rng('venn-abers-batch')
  const scores = Float64Array.from({ length: 900 }, () => draw.uniform() ** 5)
  const y = Uint8Array.from(scores, s => (draw.uniform() < s ? 1 : 0))
  const fit = answered(fitVennAbers(scores, y))
  const asked = Float64Array.of(-1, ...scores, ...scores.map(s => s + 1e-9), 2, Infinity, -Infinity, -0).sort()
  const { p0, p1, p } = predictVennAbers(fit, asked)
  for (let i = 0; i < asked.length; i++) {
    assert.ok(p0[i]! < p1[i]! && p0[i]! <= p[i]! && p[i]! <= p1[i]! && p0[i]! >= 0 && p1[i]! <= 1)
    if (i > 0) assert.ok(p0[i]! >= p0[i - 1]! && p1[i]! >= p1[i - 1]!)
    const single = predictVennAbers(fit, asked.slice(i, i + 1))
    assert.deepEqual([single.p0[0], single.p1[0]], [p0[i], p1[i]])
  }
})

test('turning scores and labels round turns p0 and p1 round', () => {
  const scores = Float64Array.from(expected.score)
  const y = Uint8Array.from(expected.y)
  const asked = Float64Array.from(expected.test)
  const plain = predictVennAbers(answered(fitVennAbers(scores, y)), asked)
  const flip = answered(
    fitVennAbers(
      scores.map(s => -s),
      y.map(label => 1 - label),
    ),
  )
  const turned = predictVennAbers(
    flip,
    asked.map(s => -s),
  )
  for (let i = 0; i < asked.length; i++) {
    assert.ok(Math.abs(turned.p0[i]! - (1 - plain.p1[i]!)) < 1e-15)
    assert.ok(Math.abs(turned.p1[i]! - (1 - plain.p0[i]!)) < 1e-15)
  }
})

test('a weight of two is the row twice, and a weight of 0 is no row', () => {
  const weights = Float64Array.of(2, 1, 1, 0)
  const once = answered(fitVennAbers(Float64Array.of(1, 2, 3, 9), Uint8Array.of(1, 0, 1, 0), { weights }))
  const twice = answered(fitVennAbers(Float64Array.of(1, 1, 2, 3), Uint8Array.of(1, 1, 0, 1)))
  assert.deepEqual([once.scores, once.p0, once.p1], [twice.scores, twice.p0, twice.p1])
})

test('inputs stay as they were, and nothing, bad scores and bad weights are refused', () => {
  const [scores, y] = [Float64Array.of(3, 1, 2), Uint8Array.of(1, 0, 1)]
  fitVennAbers(scores, y)
  assert.deepEqual([...scores, ...y], [3, 1, 2, 1, 0, 1])
  assert.equal(codeOf(fitVennAbers(new Float64Array(0), new Uint8Array(0))), 'empty')
  for (const bad of notFinite) assert.equal(codeOf(fitVennAbers(bad, Uint8Array.of(0, 1, 1))), 'not_finite')
  assert.equal(codeOf(fitVennAbers(scores, Uint8Array.of(0, 2, 1))), 'out_of_range')
  assert.equal(codeOf(fitVennAbers(scores, y, { weights: Float64Array.of(1, NaN, 1) })), 'out_of_range')
  assert.equal(codeOf(fitVennAbers(scores, y, { weights: new Float64Array(3) })), 'empty')
  assert.throws(() => fitVennAbers(scores, y, { weights: new Float64Array(2) }), RangeError)
  assert.throws(() => predictVennAbers(answered(fitVennAbers(scores, y)), Float64Array.of(NaN)), RangeError)
})
