import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sigmoid } from '../model/sigmoid.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose, logisticFixture } from '../testing/oracles.ts'
import { calibrationLine } from './calibration-line.ts'

test('slope and intercept equal unpenalised logistic regression in scikit-learn to 1e-8', () => {
  const line = answered(
    calibrationLine(Float64Array.from(logisticFixture.raw, sigmoid), Uint8Array.from(logisticFixture.y)),
  )
  assertClose(line.slope, logisticFixture.calibration_line.slope, 1e-8)
  assertClose(line.intercept, logisticFixture.calibration_line.intercept, 1e-8)
})

test('probabilities that match the shares have slope 1 and intercept 0', () => {
  const p = Float64Array.of(0.25, 0.25, 0.25, 0.25, 0.75, 0.75, 0.75, 0.75)
  const line = answered(calibrationLine(p, Uint8Array.of(1, 0, 0, 0, 1, 1, 1, 0)))
  assertClose(line.slope, 1, 1e-9)
  assert.ok(Math.abs(line.intercept) < 1e-9)
})

test('exact 0 and 1 are clipped and counted', () => {
  const line = answered(calibrationLine(Float64Array.of(0, 0.4, 0.6, 1, 0.5, 0.3), Uint8Array.of(1, 0, 1, 1, 0, 0)))
  assert.equal(line.clipped, 2)
})

test('what has no slope is refused: one value, one class, perfect separation', () => {
  const p = Float64Array.of(0.2, 0.3, 0.7, 0.8)
  assert.equal(codeOf(calibrationLine(new Float64Array(4).fill(0.4), Uint8Array.of(0, 1, 0, 1))), 'constant')
  assert.equal(codeOf(calibrationLine(p, new Uint8Array(4))), 'one_class')
  assert.equal(codeOf(calibrationLine(p, Uint8Array.of(0, 0, 1, 1))), 'separated')
  assert.equal(codeOf(calibrationLine(p, Uint8Array.of(1, 1, 0, 0))), 'separated')
  assert.equal(codeOf(calibrationLine(new Float64Array(0), new Uint8Array(0))), 'empty')
})
