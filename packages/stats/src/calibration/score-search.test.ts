import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { cellIndex, firstAtLeast } from './score-search.ts'

test('with and without cells the search finds the first value at or above, on values, between, below and beyond', () => {
  const draw = rng('score-search')
  const shapes: readonly ((i: number) => number)[] = [
    i => i / 300,
    i => (i / 300) ** 12,
    i => i * 5e-324,
    i => (i - 150) * 1e306,
    i => (i === 299 ? 1e12 : i),
  ]
  for (const shape of shapes) {
    const sorted = Float64Array.from({ length: 300 }, (_, i) => shape(i))
    const asked = [...sorted, ...sorted.map(value => value * 1.000001), -Infinity, Infinity, -0]
    for (let i = 0; i < 200; i++) asked.push(sorted[0]! + draw.uniform() * (sorted[299]! - sorted[0]!))
    for (const queries of [1, 1000]) {
      const index = cellIndex(sorted, queries)
      for (const wanted of asked) {
        const expected = sorted.findIndex(value => value >= wanted)
        assert.equal(firstAtLeast(sorted, index, wanted), expected < 0 ? 300 : expected, `${wanted}`)
      }
    }
  }
})

test('a single value is found', () => {
  const one = Float64Array.of(3)
  assert.deepEqual(
    [2, 3, 4].map(wanted => firstAtLeast(one, cellIndex(one, 100), wanted)),
    [0, 0, 1],
  )
})
