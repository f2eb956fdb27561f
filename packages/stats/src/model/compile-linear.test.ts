import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { assertClose } from '../testing/oracles.ts'
import { compileLinear } from './compile-linear.ts'
import { encodeRows, scoreDesign } from './design.ts'
import type { Encoder } from './encoder.ts'
import type { FeatureSpec, FeatureValue } from './feature.ts'
import { fitEncoders } from './fit-encoders.ts'
import { sigmoid } from './sigmoid.ts'

const specs: readonly FeatureSpec[] = [
  { name: 'age', kind: 'numeric' },
  { name: 'flat', kind: 'numeric' },
  { name: 'hour', kind: 'cyclic' },
  { name: 'job', kind: 'categorical' },
  { name: 'vip', kind: 'boolean' },
]
const draw = rng('compile')
const some = <T extends FeatureValue>(value: T): T | null => (draw.uniform() < 0.1 ? null : value)
const rows: FeatureValue[][] = Array.from({ length: 300 }, () => [
  some(draw.uniform() * 50),
  some(3),
  some(draw.int(24)),
  some('abcdef'[draw.int(6)]!),
  some(draw.uniform() < 0.3),
])
const { encoders, columns } = fitEncoders(specs, rows)
const coefficients = columns.map(() => draw.uniform() - 0.5)

test('the hot path gives what the encoded design gives, row by row, also when values are missing or unseen', () => {
  const model = compileLinear(encoders, coefficients, -0.3)
  const asked = [
    ...rows,
    [1e12, 9, 6, 'zebra', 1],
    [null, null, null, null, null],
    ['x', true, NaN, 5, 'y'],
  ] as FeatureValue[][]
  const expected = scoreDesign(encodeRows(encoders, asked), coefficients, -0.3)
  asked.forEach((row, i) => {
    assertClose(model.score(row).z, expected[i]!, 1e-12, `row ${i}`)
  })
})

test('a batch equals single scores bit for bit', () => {
  const model = compileLinear(encoders, coefficients, 0.25)
  assert.deepEqual(
    [...model.scoreBatch(rows)],
    rows.map(row => model.score(row).z),
  )
})

test('levels that went through other are named, known ones are not', () => {
  const model = compileLinear(encoders, coefficients, 0)
  assert.deepEqual(model.score([1, 3, 4, 'zebra', true]).unseen, ['job'])
  assert.deepEqual(model.score([1, 3, 4, 'a', true]).unseen, [])
})

test('a short row is a row whose last values are missing', () => {
  const model = compileLinear(encoders, coefficients, 0)
  assert.equal(model.score([1]).z, model.score([1, null, null, null, null]).z)
})

test('coefficient 1 on score 0.7 with mean 0 and deviation 1 says 0.668', () => {
  const encoder: Encoder = { kind: 'standard', name: 'score', mean: 0, std: 1, min: 0, max: 1, missing: false }
  assertClose(sigmoid(compileLinear([encoder], [1], 0).score([0.7]).z), 0.668, 1e-3)
})

test('a model of the wrong length or with numbers that are not finite never compiles', () => {
  assert.throws(() => compileLinear(encoders, coefficients.slice(1), 0), RangeError)
  assert.throws(() => compileLinear(encoders, coefficients.with(2, NaN), 0), RangeError)
  assert.throws(() => compileLinear(encoders, coefficients, Infinity), RangeError)
})
