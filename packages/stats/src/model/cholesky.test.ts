import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choleskyInPlace, choleskySolve } from './cholesky.ts'

test('factor and solve give back the vector that was multiplied', () => {
  // rows of [[4, 2, 0.4], [2, 5, 1], [0.4, 1, 3]] times (1, -2, 3)
  const matrix = Float64Array.of(4, 0, 0, 2, 5, 0, 0.4, 1, 3)
  const b = Float64Array.of(4 - 4 + 1.2, 2 - 10 + 3, 0.4 - 2 + 9)
  choleskyInPlace(matrix, 3)
  choleskySolve(matrix, 3, b)
  ;[1, -2, 3].forEach((x, i) => {
    assert.ok(Math.abs(b[i]! - x) < 1e-14)
  })
})

test('a singular matrix still has a factor without NaN', () => {
  const matrix = Float64Array.of(1, 0, 1, 1)
  choleskyInPlace(matrix, 2)
  assert.ok(matrix.every(Number.isFinite))
})
