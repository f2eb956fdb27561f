import assert from 'node:assert/strict'
import { test } from 'node:test'
import { denseDesign, encodeRows, scoreDesign, sliceDesign } from './design.ts'
import type { FeatureSpec, FeatureValue } from './feature.ts'
import { fitEncoders } from './fit-encoders.ts'

const specs: readonly FeatureSpec[] = [
  { name: 'age', kind: 'numeric' },
  { name: 'job', kind: 'categorical' },
  { name: 'vip', kind: 'boolean' },
]
const rows: FeatureValue[][] = [
  [1, 'a', true],
  [3, 'b', null],
  [null, 'a', false],
  [2, 'b', true],
]
const { encoders, columns } = fitEncoders(specs, rows, { minLevelRows: 2 })

test('numbers lie dense, of a categorical feature only the column that is 1 is kept', () => {
  assert.deepEqual(columns, ['age', 'age=missing', 'job=a', 'job=b', 'job=other', 'vip', 'vip=missing'])
  const design = encodeRows(encoders, [
    [2, 'a', true],
    [null, 'never seen', null],
    [1e9, null, false],
  ])
  assert.deepEqual([...design.denseColumns], [0, 1, 5, 6])
  assert.deepEqual([...design.codes], [2, 4, 4])
  assert.deepEqual([...design.dense], [0, 0, 1, 0, 0, 1, 2 / 3, 1, 5, 0, 0, 0])
  assert.equal(design.columns, columns.length)
})

test('text in a numeric column and numbers in a yes/no column count as missing', () => {
  const design = encodeRows(encoders, [['12', 'a', 7]])
  assert.deepEqual([...design.dense], [0, 1, 2 / 3, 1])
})

test('a slice sees the same rows without copying them', () => {
  const design = encodeRows(encoders, rows)
  const part = sliceDesign(design, 1, 3)
  assert.equal(part.dense.buffer, design.dense.buffer)
  const weights = [1, 2, 3, 4, 5, 6, 7]
  assert.deepEqual([...scoreDesign(part, weights, 0.5)], [...scoreDesign(design, weights, 0.5)].slice(1, 3))
  assert.throws(() => sliceDesign(design, 2, 9), RangeError)
})

test('sizes that do not fit throw', () => {
  assert.throws(() => denseDesign(new Float64Array(5), 2, 3), RangeError)
  assert.throws(() => scoreDesign(denseDesign(new Float64Array(6), 2, 3), [1], 0), RangeError)
})
