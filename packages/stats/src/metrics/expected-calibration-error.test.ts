import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { expectedCalibrationError } from './expected-calibration-error.ts'

const p = Float64Array.of(0.1, 0.1, 0.4, 0.4, 0.9, 0.9, 0.9, 1)
const y = Uint8Array.of(0, 1, 0, 0, 1, 1, 0, 1)

test('equal width: the gaps of the bins, weighted by their rows', () => {
  const { value, bins } = answered(expectedCalibrationError(p, y, 'equal_width', 2))
  // [0, .5): said .25, seen .25; [.5, 1]: said .925, seen .75
  assertClose(value, (4 * 0 + 4 * 0.175) / 8, 1e-12)
  assert.deepEqual(
    bins.map(bin => bin.n),
    [4, 4],
  )
})

test('equal mass: bins of about equal size that never cut through equal probabilities', () => {
  const { bins } = answered(expectedCalibrationError(p, y, 'equal_mass', 4))
  assert.deepEqual(
    bins.map(bin => bin.n),
    [2, 2, 3, 1],
  )
  assert.deepEqual(
    answered(expectedCalibrationError(new Float64Array(9).fill(0.3), new Uint8Array(9), 'equal_mass')).bins.length,
    1,
  )
})

test('a large group of equal probabilities goes whole to the bin of its middle row', () => {
  const tied = Float64Array.of(0.1, 0.2, ...new Array(8).fill(0.6))
  const { bins } = answered(expectedCalibrationError(tied, new Uint8Array(10), 'equal_mass', 2))
  assert.deepEqual(
    bins.map(bin => bin.n),
    [2, 8],
  )
})

test('many probabilities: 15 bins either way, all rows counted', () => {
  const many = Float64Array.from({ length: 3000 }, (_, i) => (i + 0.5) / 3000)
  const labels = Uint8Array.from(many, (_, i) => i % 2)
  for (const binning of ['equal_width', 'equal_mass'] as const) {
    const { bins, value } = answered(expectedCalibrationError(many, labels, binning))
    assert.equal(bins.length, 15)
    assert.ok(bins.every(bin => bin.n === 200))
    // half are positive everywhere: the mean of |p - ½| over the bins' middles is (1 - 1/225)/4
    assertClose(value, (1 - 1 / 225) / 4, 1e-9)
  }
})

test('perfect forecasts have no error', () => {
  assert.equal(answered(expectedCalibrationError(Float64Array.of(0, 1), Uint8Array.of(0, 1))).value, 0)
})

test('nothing, bad probabilities and bad numbers of bins are refused', () => {
  assert.equal(codeOf(expectedCalibrationError(new Float64Array(0), new Uint8Array(0))), 'empty')
  assert.equal(codeOf(expectedCalibrationError(Float64Array.of(2), Uint8Array.of(1))), 'out_of_range')
  for (const bins of [0, 1.5, NaN, 1e9])
    assert.equal(codeOf(expectedCalibrationError(p, y, 'equal_width', bins)), 'out_of_range')
})
