import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { normalPpf } from '../special/normal.ts'
import {
  type AdaptiveClasses,
  adaptiveBound,
  adaptiveLevel,
  adaptiveSet,
  levelInForce,
  observeAdaptive,
  plausible,
  stepLevel,
} from './adaptive.ts'

test('a miss lowers the level by gamma·(1 - target), a hit raises it by gamma·target, without drift by rounding', () => {
  let level = adaptiveLevel(0.1, 0.05)
  level = stepLevel(level, false)
  assert.ok(Math.abs(levelInForce(level) - (0.1 - 0.05 * 0.9)) < 1e-15)
  for (let i = 0; i < 9; i++) level = stepLevel(level, true)
  assert.ok(Math.abs(levelInForce(level) - 0.1) < 1e-15)
})

test('residuals that grow fourfold are met: error .10 within the bound of .118 after 5,000 steps', () => {
  const draw = rng('adaptive-regression')
  const calibration = Float64Array.from({ length: 2000 }, () => Math.abs(normalPpf(draw.uniform()))).sort()
  let level = adaptiveLevel(0.1, 0.01)
  for (let t = 0; t < 5000; t++) {
    const residual = Math.abs(normalPpf(draw.uniform())) * (t < 2000 ? 1 : 4)
    level = stepLevel(level, plausible(level, calibration, residual))
  }
  const error = level.errors / level.n
  assert.ok(Math.abs(error - 0.1) <= adaptiveBound(level, 5000))
  assert.ok(error > 0.09 && error < 0.118, `${error}`)
})

test('each class has its own level, moved by its own outcomes only', () => {
  const scores = [Float64Array.of(0.1, 0.2, 0.3), Float64Array.of(0.5, 0.6, 0.7)] as const
  const start: AdaptiveClasses = [adaptiveLevel(0.25, 0.1), adaptiveLevel(0.25, 0.1)]
  assert.equal(adaptiveSet(start, scores, 0.2), 1)
  assert.equal(adaptiveSet(start, scores, 0.35), 2)
  const after = observeAdaptive(start, scores, 0.9, 0)
  assert.deepEqual([after[0].errors, after[0].n, after[1].n], [1, 1, 0])
  assert.equal(after[1], start[1])
})

test('below 0 everything is plausible, above 1 nothing, and without rows everything is', () => {
  const scores = Float64Array.of(0.1, 0.2)
  const low = stepLevel(adaptiveLevel(0.1, 0.5), false)
  const high = stepLevel(adaptiveLevel(0.9, 0.5), true)
  assert.equal(plausible(low, scores, 1), true)
  assert.equal(plausible(high, scores, 0), false)
  assert.equal(plausible(adaptiveLevel(0.1, 0.1), new Float64Array(0), 1), true)
})

test('a miss by a full set, a hit by an empty one and levels outside (0, 1) throw', () => {
  assert.throws(() => stepLevel(stepLevel(adaptiveLevel(0.1, 0.5), false), false), RangeError)
  assert.throws(() => stepLevel(stepLevel(adaptiveLevel(0.9, 0.5), true), true), RangeError)
  for (const bad of [0, 1, NaN]) assert.throws(() => adaptiveLevel(bad, 0.1), RangeError)
  assert.throws(() => adaptiveLevel(0.1, 0), RangeError)
})
