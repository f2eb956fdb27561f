import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encoderColumns, onCircle, standardise } from './encoder.ts'

test('the four quarters of the day are exact: hour 6 is sine 1, cosine 0', () => {
  assert.deepEqual(
    [0, 6, 12, 18, 24, -6].map(hour => onCircle(hour, 24)),
    [
      { sin: 0, cos: 1 },
      { sin: 1, cos: 0 },
      { sin: 0, cos: -1 },
      { sin: -1, cos: 0 },
      { sin: 0, cos: 1 },
      { sin: -1, cos: 0 },
    ],
  )
})

test('midnight is as near to 23 as to 1', () => {
  const [before, after] = [onCircle(23, 24), onCircle(1, 24)]
  assert.ok(Math.abs(before.cos - after.cos) < 1e-15 && Math.abs(before.sin + after.sin) < 1e-15)
})

test('standardised values end at plus and minus 5', () => {
  assert.deepEqual([standardise(1e9, 0, 1), standardise(-1e9, 0, 1), standardise(3, 1, 2)], [5, -5, 1])
})

test('columns are named after feature and level, the unknown level last, a missing column at the end', () => {
  const range = { mean: 0, min: 0, max: 1, missing: true }
  assert.deepEqual(encoderColumns({ kind: 'standard', name: 'age', std: 2, ...range }), ['age', 'age=missing'])
  assert.deepEqual(encoderColumns({ kind: 'standard', name: 'age', std: 0, ...range }), ['age=missing'])
  assert.deepEqual(encoderColumns({ kind: 'cyclic', name: 'hour', period: 24, std: 1, ...range, missing: false }), [
    'hour.sin',
    'hour.cos',
  ])
  assert.deepEqual(encoderColumns({ kind: 'onehot', name: 'intent', levels: ['info', 'quote'] }), [
    'intent=info',
    'intent=quote',
    'intent=other',
  ])
  assert.deepEqual(encoderColumns({ kind: 'boolean', name: 'vip', mean: 0.5, missing: true }), ['vip', 'vip=missing'])
})
