import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { scaleRow, scalerSees, startScaler } from './running-scaler.ts'

test('after a row the scale is that of all rows so far, population deviation', () => {
  const values = [3, 5, 10, 4.5]
  let scaler = startScaler(1)
  for (const value of values) scaler = answered(scalerSees(scaler, [value])).scaler
  const mean = values.reduce((a, b) => a + b) / 4
  const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / 4)
  assertClose(scaleRow(scaler, [7])[0]!, (7 - mean) / deviation, 1e-14)
})

test('a column that has not varied is 0, and a scaler that has seen nothing answers 0', () => {
  const scaler = answered(scalerSees(answered(scalerSees(startScaler(1), [2])).scaler, [2])).scaler
  assert.equal(scaleRow(scaler, [9])[0], 0)
  assert.equal(scaleRow(startScaler(1), [9])[0], 0)
})

test('what is not finite is refused, another length is a bug', () => {
  assert.equal(codeOf(scalerSees(startScaler(2), [1, NaN])), 'not_finite')
  assert.throws(() => scalerSees(startScaler(2), [1]), RangeError)
  assert.throws(() => startScaler(0), RangeError)
})
