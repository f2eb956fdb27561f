import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { fitAbsoluteResidual, residualInterval, residualLevels } from './absolute-residual.ts'

const p = Float64Array.from({ length: 199 }, (_, i) => (i + 1) / 200)
const none = new Uint8Array(199)

test('the radius is the order statistic of |p - y|: the 180th, 190th and 198th smallest of 199', () => {
  const radii = residualLevels.map(level => answered(fitAbsoluteResidual(p, none, level)).radius)
  assert.deepEqual(radii, [180 / 200, 190 / 200, 198 / 200])
})

test('the interval is p plus and minus the radius, cut to [0, 1]', () => {
  const fit = answered(
    fitAbsoluteResidual(
      p.map(value => value / 10),
      none,
      0.9,
    ),
  )
  const { lower, upper, width, level } = residualInterval(fit, 0.05)
  assert.deepEqual([lower, level], [0, 0.9])
  assert.ok(Math.abs(upper - 0.14) < 1e-12 && width === upper - lower)
})

test('too few rows are refused with the number needed: 9, 19 and 99', () => {
  for (const [level, need] of [
    [0.9, 9],
    [0.95, 19],
    [0.99, 99],
  ] as const) {
    const short = fitAbsoluteResidual(p.subarray(0, need - 1), none.subarray(0, need - 1), level)
    assert.deepEqual(short.ok ? null : [short.code, short.have, short.need], ['too_few', need - 1, need])
    assert.ok(fitAbsoluteResidual(p.subarray(0, need), none.subarray(0, need), level).ok)
  }
})

test('nothing, numbers that are no probabilities and levels outside (0, 1) are refused', () => {
  assert.equal(codeOf(fitAbsoluteResidual(new Float64Array(0), new Uint8Array(0), 0.9)), 'empty')
  for (const bad of notFinite) assert.equal(codeOf(fitAbsoluteResidual(bad, Uint8Array.of(0, 1, 1), 0.9)), 'not_finite')
  assert.equal(codeOf(fitAbsoluteResidual(Float64Array.of(1.2), Uint8Array.of(1), 0.9)), 'out_of_range')
  for (const level of [0, 1, NaN]) assert.equal(codeOf(fitAbsoluteResidual(p, none, level)), 'out_of_range')
})
