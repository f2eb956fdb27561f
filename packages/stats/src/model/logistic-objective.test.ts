import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { assertClose } from '../testing/oracles.ts'
import type { Design } from './design.ts'
import { logisticObjective } from './logistic-objective.ts'

/** 700 rows: three blocks, an odd number of numbers, one categorical feature in the middle of the columns. */
function problem() {
  const draw = rng('objective')
  const rows = 700
  const design: Design = {
    rows,
    columns: 7,
    dense: Float64Array.from({ length: rows * 3 }, () => draw.uniform() * 2 - 1),
    denseColumns: Int32Array.of(0, 5, 6),
    codes: Int32Array.from({ length: rows }, () => 1 + draw.int(4)),
    codesPerRow: 1,
  }
  const y = Uint8Array.from({ length: rows }, () => draw.int(2))
  const weights = Float64Array.from({ length: rows }, () => draw.uniform())
  const at = Float64Array.from({ length: 8 }, () => draw.uniform() - 0.5)
  return { design, y, weights, at }
}

const withoutWeights = [false, true]

test('the gradient is the slope of the value, with and without weights', () => {
  const { design, y, weights, at } = problem()
  for (const plain of withoutWeights) {
    const objective = logisticObjective(design, y, plain ? null : weights, 0.7)
    const gradient = new Float64Array(8)
    const scratch = new Float64Array(8)
    objective.value(at, gradient)
    for (let j = 0; j < 8; j++) {
      const up = objective.value(at.with(j, at[j]! + 1e-5), scratch)
      const down = objective.value(at.with(j, at[j]! - 1e-5), scratch)
      assert.ok(Math.abs((up - down) / 2e-5 - gradient[j]!) < 1e-5, `parameter ${j}`)
    }
  }
})

test('the curvature is the slope of the gradient, and its diagonal is the diagonal', () => {
  const { design, y, weights, at } = problem()
  for (const plain of withoutWeights) {
    const objective = logisticObjective(design, y, plain ? null : weights, 0.7)
    const matrix = new Float64Array(64)
    const diagonal = new Float64Array(8)
    objective.curvature(at, matrix)
    objective.diagonal(at, diagonal)
    const up = new Float64Array(8)
    const down = new Float64Array(8)
    for (let j = 0; j < 8; j++) {
      objective.value(at.with(j, at[j]! + 1e-5), up)
      objective.value(at.with(j, at[j]! - 1e-5), down)
      for (let i = j; i < 8; i++)
        assert.ok(Math.abs((up[i]! - down[i]!) / 2e-5 - matrix[i * 8 + j]!) < 1e-4, `${i}, ${j}`)
      assertClose(diagonal[j]!, matrix[j * 8 + j]!, 1e-12)
    }
  }
})

test('a value that is not finite makes the objective NaN, so that the fit can refuse it', () => {
  const { design, y, at } = problem()
  for (const bad of [NaN, Infinity]) {
    const broken = { ...design, dense: design.dense.with(100, bad) }
    assert.ok(!Number.isFinite(logisticObjective(broken, y, null, 1).value(at, new Float64Array(8))))
  }
})
