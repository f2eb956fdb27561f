import assert from 'node:assert/strict'
import { test } from 'node:test'
import { denseDesign, encodeRows } from '../model/design.ts'
import type { FeatureSpec } from '../model/feature.ts'
import { fitEncoders } from '../model/fit-encoders.ts'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { designMeans, explainLinear } from './linear-shap.ts'
import { worstSum } from './tree-shap.ts'

const specs: FeatureSpec[] = [
  { name: 'score', kind: 'numeric' },
  { name: 'hour', kind: 'cyclic', period: 24 },
  { name: 'intent', kind: 'categorical' },
  { name: 'returning', kind: 'boolean' },
]
const draw = rng('linear')
const rows = Array.from({ length: 200 }, (_, i) => [
  i % 7 === 0 ? null : draw.uniform() * 10,
  draw.int(24),
  ['quote', 'info', 'help'][draw.int(3)]!,
  draw.uniform() < 0.3,
])
const { encoders, columns } = fitEncoders(specs, rows)
const design = encodeRows(encoders, rows)
const coefficients = Float64Array.from(columns, (_, j) => Math.sin(j + 1))

function means(): Float64Array {
  const found = designMeans(design)
  assert.ok(found instanceof Float64Array)
  return found
}

test('the parts of a feature are summed, and all of them add up to the score', () => {
  const explained = answered(explainLinear(encoders, coefficients, -1, means(), design))
  assert.equal(explained.contributions.length, 200 * 4)
  for (let i = 0; i < 200; i++) {
    let sum = explained.base
    for (let f = 0; f < 4; f++) sum += explained.contributions[i * 4 + f]!
    assert.ok(Math.abs(sum - explained.margins[i]!) < 1e-9)
  }
})

test('over the training rows every feature contributes 0 on average', () => {
  const { contributions } = answered(explainLinear(encoders, coefficients, -1, means(), design))
  for (let f = 0; f < 4; f++) {
    let sum = 0
    for (let i = 0; i < 200; i++) sum += contributions[i * 4 + f]!
    assert.ok(Math.abs(sum) < 1e-9, `feature ${f}: ${sum}`)
  }
})

test('one column, one coefficient: coefficient times the distance from the mean', () => {
  const one = denseDesign(Float64Array.of(1, 2, 6), 3, 1)
  const { encoders: plain } = fitEncoders([{ name: 'x', kind: 'numeric' }], [[1], [2], [6]])
  const { contributions, base } = answered(explainLinear(plain, [2], 1, Float64Array.of(3), one))
  assert.deepEqual([...contributions], [-4, -2, 6])
  assert.equal(base, 7)
})

test('nothing to average and values that are not finite are refused, unequal widths are a bug', () => {
  const empty = designMeans(denseDesign(new Float64Array(0), 0, 1))
  assert.ok(!(empty instanceof Float64Array) && empty.code === 'empty')
  const wild = designMeans(denseDesign(Float64Array.of(1, NaN), 2, 1))
  assert.ok(!(wild instanceof Float64Array) && wild.code === 'not_finite')
  const { encoders: plain } = fitEncoders([{ name: 'x', kind: 'numeric' }], [[1], [2]])
  const bad = denseDesign(Float64Array.of(NaN), 1, 1)
  assert.equal(codeOf(explainLinear(plain, [1], 0, Float64Array.of(0), bad)), 'not_finite')
  assert.throws(() => explainLinear(plain, [1, 2], 0, Float64Array.of(0), bad), RangeError)
})

test('contributions that rounding keeps from adding up are refused', () => {
  const { encoders: plain } = fitEncoders([{ name: 'x', kind: 'numeric' }], [[1], [2]])
  const explained = (size: number) =>
    explainLinear(
      plain,
      [size / 7],
      size / 3,
      Float64Array.of(1e4 / 3),
      denseDesign(Float64Array.of(0.1, 0.2, 0.3), 3, 1),
    )
  assert.equal(codeOf(explained(1)), 'answered')
  assert.equal(codeOf(explained(1e12)), 'out_of_range')
})

test('the worst row counts, wherever it lies', () => {
  assert.equal(worstSum(Float64Array.of(5, 1, 0, 2), Float64Array.of(2, 2), 0, 2), 4)
  assert.ok(Number.isNaN(worstSum(Float64Array.of(NaN, 1), Float64Array.of(1, 1), 0, 1)))
  const { encoders: plain } = fitEncoders([{ name: 'x', kind: 'numeric' }], [[1], [2]])
  const bad = denseDesign(Float64Array.of(NaN, 1), 2, 1)
  assert.equal(codeOf(explainLinear(plain, [1], 0, Float64Array.of(0), bad)), 'not_finite')
})
