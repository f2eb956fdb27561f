import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { solveTwoParameterLogistic } from './two-parameter-logistic.ts'

test('with two distinct scores the line goes through the log-odds of both shares', () => {
  const z = Float64Array.of(0, 0, 0, 0, 1, 1, 1, 1)
  const { slope, intercept } = answered(solveTwoParameterLogistic(z, Float64Array.of(1, 0, 0, 0, 1, 1, 1, 0)))
  assertClose(intercept, Math.log(1 / 3), 1e-10)
  assertClose(slope, 2 * Math.log(3), 1e-10)
})

test('scores that separate hard targets do not converge, equal scores are constant', () => {
  assert.equal(codeOf(solveTwoParameterLogistic(Float64Array.of(0, 1), Float64Array.of(0, 1))), 'not_converged')
  assert.equal(codeOf(solveTwoParameterLogistic(Float64Array.of(1, 1), Float64Array.of(0, 1))), 'constant')
})

test('scores a few smallest doubles apart are constant, not of infinite slope', () => {
  const fit = solveTwoParameterLogistic(Float64Array.of(0, 5e-324, 1e-323), Float64Array.of(0.2, 0.5, 0.4))
  assert.ok(!fit.ok && fit.code === 'constant')
})
