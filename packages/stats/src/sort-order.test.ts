import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from './rng.ts'
import { ascendingOrder } from './sort-order.ts'

test('the order is the stable ascending order of values of every sign and size', () => {
  const draw = rng('order')
  const values = Float64Array.from({ length: 5000 }, (_, i) => {
    const size = 10 ** (draw.int(40) - 20)
    return i % 3 === 0 ? draw.int(5) - 2 : (draw.uniform() - 0.5) * size
  })
  const expected = [...values.keys()].sort((a, b) => values[a]! - values[b]! || a - b)
  assert.deepEqual([...ascendingOrder(values)], expected)
})

test('minus zero equals zero and equal values keep their order', () => {
  assert.deepEqual([...ascendingOrder(Float64Array.of(0, -0, 1, -0, 0, -1))], [5, 0, 1, 3, 4, 2])
})

test('nothing and one value are in order', () => {
  assert.deepEqual([...ascendingOrder(new Float64Array(0))], [])
  assert.deepEqual([...ascendingOrder(Float64Array.of(3))], [0])
})

test('the values are not written to', () => {
  const values = Float64Array.of(3, -0, 2)
  ascendingOrder(values)
  assert.deepEqual([...values], [3, -0, 2])
})
