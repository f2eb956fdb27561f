import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minimiseConvex } from './lbfgs.ts'

const nothing = () => {}
const limits = { tolerance: 1e-10, maxIterations: 200 }

/** Σ scale_j·(x_j - j)² with scales from 1 to 1e6: badly stretched. */
const valley = (x: Float64Array, gradient: Float64Array) => {
  let value = 0
  for (let j = 0; j < x.length; j++) {
    const scale = 10 ** (j % 7)
    value += scale * (x[j]! - j) ** 2
    gradient[j] = 2 * scale * (x[j]! - j)
  }
  return value
}

test('a stretched valley is followed to its bottom without any knowledge of its shape', () => {
  const found = minimiseConvex(valley, new Float64Array(7), nothing, limits)
  assert.equal(found.ended, 'converged')
  found.at.forEach((x, j) => {
    assert.ok(Math.abs(x - j) < 1e-8)
  })
})

test('exact knowledge of the shape ends it in one step and a check', () => {
  const divide = (v: Float64Array) =>
    v.forEach((_, j) => {
      v[j]! /= 2 * 10 ** (j % 7)
    })
  assert.equal(minimiseConvex(valley, new Float64Array(7), divide, limits).iterations, 2)
})

test('a first step that is far too long or far too short is repaired by the line search', () => {
  for (const factor of [1e-6, 1e6]) {
    const found = minimiseConvex(
      valley,
      new Float64Array(3),
      v =>
        v.forEach((_, j) => {
          v[j]! *= factor
        }),
      {
        ...limits,
        tolerance: 1e-12,
      },
    )
    found.at.forEach((x, j) => {
      assert.ok(Math.abs(x - j) < 1e-5, `factor ${factor}: ${found.at}`)
    })
  }
})

test('the caller can stop it, and a function that is not finite ends it', () => {
  assert.equal(
    minimiseConvex(valley, new Float64Array(7), nothing, { ...limits, tick: done => done < 3 }).ended,
    'stopped',
  )
  assert.equal(minimiseConvex(() => NaN, new Float64Array(2), nothing, limits).ended, 'not_finite')
})
