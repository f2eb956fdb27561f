import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { nthSmallest } from './nth-smallest.ts'

test('every rank is what sorting gives: few values, ties, rising, falling, constant', () => {
  const draw = rng('nth-smallest')
  const shapes: readonly ((i: number) => number)[] = [
    () => draw.uniform(),
    () => draw.int(4) - 2,
    i => i,
    i => -i,
    () => 7,
    i => (i % 2 === 0 ? i : 100 - i),
  ]
  for (const shape of shapes) {
    for (const n of [1, 2, 3, 50, 20_000]) {
      const values = Float64Array.from({ length: n }, (_, i) => shape(i))
      const sorted = values.toSorted()
      for (let rank = 1; rank <= n; rank += Math.max(1, n / 50)) {
        assert.equal(nthSmallest(values, rank), sorted[rank - 1]! + 0)
      }
      assert.equal(nthSmallest(values, n), sorted[n - 1]! + 0)
    }
  }
})

test('numbers that crowd into one cell, or span all doubles, are sorted instead', () => {
  const crowded = Float64Array.from({ length: 20_000 }, (_, i) => (i === 0 ? 1e300 : (i * 7919) % 20_000))
  const wide = Float64Array.from({ length: 20_000 }, (_, i) => (i % 2 === 0 ? i : -i) * 1.7e303)
  for (const values of [crowded, wide]) assert.equal(nthSmallest(values, 15_000), values.toSorted()[14_999])
})

test('a rank that does not exist throws', () => {
  for (const rank of [0, 4, 1.5, NaN]) assert.throws(() => nthSmallest(Float64Array.of(1, 2, 3), rank), RangeError)
})
