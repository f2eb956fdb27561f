import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { cuped } from './cuped.ts'
import { summarise } from './sample-summary.ts'

test('the mean stays, the variance falls by the squared correlation, x is explained away', () => {
  const draw = rng('cuped')
  const x = Float64Array.from({ length: 400 }, () => draw.uniform())
  const y = x.map(value => 3 * value + draw.uniform())
  const before = [...y]
  const { adjusted, theta, varianceReduction } = answered(cuped(y, x))
  const plain = answered(summarise(y))
  const left = answered(summarise(adjusted))
  assertClose(left.mean, plain.mean, 1e-12)
  assertClose(left.squares, plain.squares * (1 - varianceReduction), 1e-10)
  assert.ok(Math.abs(theta - 3) < 0.3 && varianceReduction > 0.8)
  assert.ok(Math.abs(answered(cuped(adjusted, x)).theta) < 1e-12)
  assert.deepEqual([...y], before)
})

test('a measurement that does not vary, few units and bad numbers are refused', () => {
  const some = Float64Array.of(1, 2, 3)
  assert.equal(codeOf(cuped(some, Float64Array.of(2, 2, 2))), 'constant')
  assert.equal(codeOf(cuped(Float64Array.of(2, 2, 2), some)), 'constant')
  assert.equal(codeOf(cuped(new Float64Array(), new Float64Array())), 'too_few')
  assert.equal(codeOf(cuped(some, Float64Array.of(1, NaN, 2))), 'not_finite')
  assert.throws(() => cuped(some, new Float64Array(2)), RangeError)
})
