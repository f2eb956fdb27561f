import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { answered } from '../testing/oracles.ts'
import { quantileEdges } from './quantile-edges.ts'

const bySorting = (values: Float64Array, bins: number) => {
  const sorted = Float64Array.from(values).sort()
  const edges = Array.from({ length: bins - 1 }, (_, k) => {
    const at = ((k + 1) * (sorted.length - 1)) / bins
    const low = sorted[Math.floor(at)]!
    const high = sorted[Math.min(sorted.length - 1, Math.floor(at) + 1)]!
    return low + (high - low) * (at - Math.floor(at))
  })
  return [...new Set(edges)]
}

test('large samples, smooth, tied, skewed and far apart, give the edges that sorting gives', () => {
  const draw = rng('quantiles')
  const n = 25_000
  const shapes: Record<string, () => number> = {
    smooth: () => draw.uniform() + draw.uniform(),
    tied: () => draw.int(7),
    skewed: () => Math.exp(12 * draw.uniform() ** 8),
    'two heaps': () => (draw.uniform() < 0.5 ? 0 : 1e12) + draw.uniform(),
    'whole range': () => (draw.uniform() - 0.5) * 1e308,
  }
  for (const [name, shape] of Object.entries(shapes)) {
    const values = Float64Array.from({ length: n }, shape)
    const before = Float64Array.from(values)
    const { edges } = answered(quantileEdges(values, 10))
    const expected = bySorting(values, 10)
    assert.equal(edges.length, expected.length, name)
    edges.forEach((edge, k) => {
      assert.ok(Math.abs(edge - expected[k]!) <= 1e-14 * Math.abs(expected[k]!), `${name}: ${edge} ${expected[k]}`)
    })
    assert.deepEqual(values, before)
  }
})

test('five values in four bins are cut at the inner values, and one value is its own only edge', () => {
  assert.deepEqual([...answered(quantileEdges(Float64Array.of(4, 0, 2, 1, 3), 4)).edges], [1, 2, 3])
  assert.deepEqual([...answered(quantileEdges(Float64Array.of(7), 10)).edges], [7])
})
