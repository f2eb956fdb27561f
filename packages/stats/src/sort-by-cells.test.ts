import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from './rng.ts'
import { sortedCopy, sortedRows } from './sort-by-cells.ts'
import { ascendingOrder } from './sort-order.ts'

const draw = rng('cells')
const shapes: Record<string, () => number> = {
  even: () => draw.uniform(),
  tied: () => draw.int(9) - 4,
  'in one corner': () => draw.uniform() ** 40,
  'two heaps far apart': () => (draw.uniform() < 0.5 ? -1e200 : 1e200 * draw.uniform()),
  'beyond the range of a difference': () => (2 * draw.uniform() - 1) * 1.7e308,
  constant: () => 0.1,
  'smallest doubles': () => draw.int(5) * 5e-324,
  'zeros of both signs': () => (draw.uniform() < 0.5 ? 0 : -0),
}

for (const [name, shape] of Object.entries(shapes)) {
  test(`${name}: the order is that of the radix sort, ties in the order of their rows, and the input stays`, () => {
    for (const n of [0, 1, 2, 255, 256, 5000]) {
      const values = Float64Array.from({ length: n }, shape)
      const before = Float64Array.from(values)
      const rows = ascendingOrder(values)
      const result = sortedRows(values)
      assert.deepEqual(result.rows, rows)
      const expected = Float64Array.from(rows, row => values[row]! + 0)
      assert.deepEqual(
        result.sorted.map(value => value + 0),
        expected,
      )
      assert.deepEqual(
        sortedCopy(values).map(value => value + 0),
        expected,
      )
      assert.deepEqual(values, before)
    }
  })
}
