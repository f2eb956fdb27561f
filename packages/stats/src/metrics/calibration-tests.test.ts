import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { allFinite, codeOf, notFinite } from '../testing/awkward.ts'
import { columns, mapieMetrics } from '../testing/mapie.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { calibrationErrorTest } from './calibration-error-test.ts'
import { calibrationWalk } from './calibration-walk.ts'
import { expectedCalibrationError } from './expected-calibration-error.ts'
import { spiegelhalter } from './spiegelhalter.ts'

const wrong = columns(mapieMetrics.uncalibrated)
const right = columns(mapieMetrics.calibrated)

test('Spiegelhalter, Kolmogorov and Kuiper of 100 uncalibrated rows equal MAPIE to 1e-6', () => {
  const { expected } = mapieMetrics.uncalibrated
  const z = answered(spiegelhalter(...wrong))
  assert.ok(Math.abs(z.statistic - expected.spiegelhalter_statistic) < 1e-6)
  const { kolmogorov, kuiper } = answered(calibrationWalk(...wrong))
  assert.ok(Math.abs(kolmogorov.statistic - expected.ks_statistic) < 1e-6)
  assert.ok(Math.abs(kuiper.statistic - expected.kuiper_statistic) < 1e-6)
  assert.ok(kolmogorov.p < 1e-6 && kuiper.p < 1e-6 && z.p < 1e-6)
})

test('the p-values of 100 calibrated rows equal MAPIE to 1e-6', () => {
  const { kolmogorov, kuiper } = answered(calibrationWalk(...right))
  assert.ok(Math.abs(kolmogorov.p - mapieMetrics.calibrated.expected.ks_p_value) < 1e-6)
  assert.ok(Math.abs(kuiper.p - mapieMetrics.calibrated.expected.kuiper_p_value) < 1e-6)
  assert.ok(answered(spiegelhalter(...right)).p > 0.01)
})

test('ECE equals MAPIE to 4 decimals: its 50 uniform bins are 50 edges, so 49 bins', () => {
  const [p, y] = columns(mapieMetrics.ece)
  const { value, bins } = mapieMetrics.ece
  assert.ok(Math.abs(answered(expectedCalibrationError(p, y, 'equal_width', bins - 1)).value - value) < 5e-5)
})

test('the p-value of the ECE is uniform for right probabilities and small for wrong ones', () => {
  const draw = rng('ece-p')
  let small = 0
  for (let world = 0; world < 60; world++) {
    const p = Float64Array.from({ length: 200 }, () => draw.uniform())
    const y = Uint8Array.from(p, value => (draw.uniform() < value ? 1 : 0))
    if (answered(calibrationErrorTest(p, y, draw.fork(`${world}`), 'equal_mass', 15, 99)).p <= 0.25) small++
  }
  // 15 of 60 expected; 3.7 standard errors of √(60·.25·.75) = 3.35 are 12.4.
  assert.ok(Math.abs(small - 15) <= 12.4, `${small} of 60`)
  const seen = answered(calibrationErrorTest(...wrong, rng(1), 'equal_width', 15, 199))
  assert.equal(seen.p, 1 / 200)
  assert.ok(seen.expected > 0.05 && seen.value > 2 * seen.expected)
})

test('the walk does not depend on the order of rows with equal probability', () => {
  const p = Float64Array.of(0.3, 0.3, 0.3, 0.8)
  const one = answered(calibrationWalk(p, Uint8Array.of(1, 0, 0, 1)))
  const other = answered(calibrationWalk(p, Uint8Array.of(0, 0, 1, 1)))
  assertClose(one.kolmogorov.statistic, other.kolmogorov.statistic, 1e-12)
  assertClose(one.kuiper.statistic, other.kuiper.statistic, 1e-12)
})

test('certain probabilities, nothing and bad numbers are refused', () => {
  const certain = [Float64Array.of(0, 1), Uint8Array.of(0, 1)] as const
  assert.equal(codeOf(spiegelhalter(...certain)), 'constant')
  assert.equal(codeOf(spiegelhalter(Float64Array.of(0.5), Uint8Array.of(1))), 'constant')
  assert.equal(codeOf(calibrationWalk(...certain)), 'constant')
  const sure = calibrationErrorTest(...certain, rng(1))
  assert.ok(answered(sure).p === 1 && allFinite(sure))
  const nothing = [new Float64Array(), new Uint8Array()] as const
  for (const result of [
    spiegelhalter(...nothing),
    calibrationWalk(...nothing),
    calibrationErrorTest(...nothing, rng(1)),
  ]) {
    assert.equal(codeOf(result), 'empty')
  }
  for (const bad of notFinite) {
    const y = Uint8Array.of(0, 1, 1)
    for (const result of [spiegelhalter(bad, y), calibrationWalk(bad, y), calibrationErrorTest(bad, y, rng(1))]) {
      assert.equal(codeOf(result), 'not_finite')
    }
  }
  assert.equal(codeOf(calibrationErrorTest(...certain, rng(1), 'equal_mass', 15, 0)), 'out_of_range')
})
