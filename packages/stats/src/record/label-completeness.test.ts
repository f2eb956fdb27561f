import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countedByCoin, labelsComplete } from './label-completeness.ts'

test('nine tenths of the mature cases in the region are enough, and nothing mature lacks nothing', () => {
  assert.deepEqual([labelsComplete(90, 100), labelsComplete(89, 100), labelsComplete(0, 0)], [true, false, true])
})

test('below that a row counts by its coin alone, at the smallest rate of the record', () => {
  assert.deepEqual([...countedByCoin(Float64Array.of(0, 0.0199, 0.02, 0.9), 0.02)], [1, 1, 0, 0])
  assert.deepEqual([...countedByCoin(Float64Array.of(0, 0.999), 1)], [1, 1])
  for (const bad of [0, 1.1, NaN]) assert.throws(() => countedByCoin(Float64Array.of(0.5), bad), RangeError)
})
