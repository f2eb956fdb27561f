import assert from 'node:assert/strict'
import { test } from 'node:test'
import { covarianceAround } from './covariance.ts'

test('the covariance of a line with itself and its mirror is the variance and its negative', () => {
  const up = Float64Array.of(1, 2, 3, 4)
  const down = Float64Array.of(4, 3, 2, 1)
  assert.equal(covarianceAround(up, 2.5, up, 2.5), 5 / 3)
  assert.equal(covarianceAround(up, 2.5, down, 2.5), -5 / 3)
})

test('rows of unequal length throw', () => {
  assert.throws(() => covarianceAround(Float64Array.of(1), 1, Float64Array.of(1, 2), 1), RangeError)
})
