import assert from 'node:assert/strict'
import { test } from 'node:test'
import { categoryCounts, poolRareCells } from './category-counts.ts'

test('levels of both samples share cells, a new level has its own, missing is counted as NA', () => {
  const counts = categoryCounts(['b', 'a', 'b', null], ['c', 'b', null, null])
  assert.deepEqual(counts.levels, ['b', 'NA', 'a', 'c'])
  assert.deepEqual([...counts.reference], [2, 1, 1, 0])
  assert.deepEqual([...counts.current], [1, 2, 0, 1])
})

test('cells with fewer than 5 expected are pooled, and the pool grows until it has 5 itself', () => {
  const counts = {
    reference: Float64Array.of(100, 60, 7, 2, 1),
    current: Float64Array.of(90, 70, 6, 3, 1),
  }
  // Expected of the smaller sample: about half of 2, 5 and 13, so the third level has to join the two rare ones.
  const pooled = poolRareCells(counts)
  assert.equal(pooled.pooled, 3)
  assert.deepEqual([...pooled.reference], [100, 60, 10])
  assert.deepEqual([...pooled.current], [90, 70, 10])
  assert.deepEqual([...counts.reference], [100, 60, 7, 2, 1])
})

test('a frequent new level keeps its cell, and nothing is pooled when nothing is rare', () => {
  const counts = { reference: Float64Array.of(50, 50, 0), current: Float64Array.of(40, 30, 30) }
  assert.equal(poolRareCells(counts).pooled, 0)
  assert.deepEqual([...poolRareCells(counts).current], [40, 30, 30])
})

test('when everything is rare one cell is left', () => {
  const pooled = poolRareCells({ reference: Float64Array.of(1, 2), current: Float64Array.of(1, 1) })
  assert.deepEqual([...pooled.reference, ...pooled.current], [3, 2])
})
