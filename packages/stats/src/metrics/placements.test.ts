import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placements } from './placements.ts'

test('a placement is the share of the other class outranked (or outranking), ties counting half', () => {
  const { auc, positives, negatives } = placements(Float64Array.of(3, 1, 2, 2), Uint8Array.of(1, 0, 1, 0))
  assert.deepEqual([...positives], [1, 0.75])
  assert.deepEqual([...negatives], [1, 0.75])
  assert.equal(auc, 0.875)
})

test('the mean placement of either class is the AUC', () => {
  const scores = Float64Array.of(5, 5, 1, 7, 2, 2, 9, 4)
  const { auc, positives, negatives } = placements(scores, Uint8Array.of(1, 0, 0, 1, 1, 0, 0, 1))
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length
  assert.ok(Math.abs(mean(positives) - auc) < 1e-15)
  assert.ok(Math.abs(mean(negatives) - auc) < 1e-15)
})
