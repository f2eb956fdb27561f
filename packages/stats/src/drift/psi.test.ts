import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { driftOracles } from '../testing/drift-oracles.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { countBins, psi, psiOfCounts } from './psi.ts'

test('PSI of ten shares equals NumPy to 1e-12', () => {
  const { expected, actual, psi: value } = driftOracles.psi
  const result = answered(psiOfCounts({ reference: Float64Array.from(expected), current: Float64Array.from(actual) }))
  assertClose(result.value, value, 1e-12)
})

test('what no change reaches in 5 % of cases is .034 for 1,000 against 1,000 and .34 for 100 against 100', () => {
  const flat = (n: number) => new Float64Array(10).fill(n / 10)
  const noise = (n: number) => answered(psiOfCounts({ reference: flat(n), current: flat(n) })).noise95
  assertClose(noise(1000), 0.034, 0.01)
  assertClose(noise(100), 0.34, 0.01)
})

test('the p-value is that of chi-square with one degree less than bins, scaled by 1/n + 1/m (SciPy: 0.426941)', () => {
  const { expected, actual } = driftOracles.psi
  const counts = (shares: readonly number[]) => Float64Array.from(shares, share => 1000 * share)
  assertClose(
    answered(psiOfCounts({ reference: counts(expected), current: counts(actual) })).p,
    0.4269408009434474,
    1e-10,
  )
})

test('an empty bin counts as half a value, or as the least share asked for', () => {
  const counts = { reference: Float64Array.of(50, 50), current: Float64Array.of(0, 80) }
  const half = 0.5 / 80
  assertClose(answered(psiOfCounts(counts)).value, (half - 0.5) * Math.log(half / 0.5) + 0.5 * Math.log(2), 1e-12)
  const floor = answered(psiOfCounts(counts, { leastShare: 1e-4 }))
  assertClose(floor.value, (1e-4 - 0.5) * Math.log(1e-4 / 0.5) + 0.5 * Math.log(2), 1e-12)
})

test('samples are cut at the deciles of the reference, and values below all of it have a bin of their own', () => {
  const reference = Float64Array.from({ length: 1000 }, (_, i) => i)
  const same = answered(psi(reference, reference))
  assert.deepEqual([same.value, same.p, same.bins], [0, 1, 10])
  const mostlyZero = Float64Array.from({ length: 100 }, (_, i) => (i < 90 ? 0 : i))
  const below = answered(
    psi(
      mostlyZero,
      mostlyZero.map(value => value - 1),
    ),
  )
  assert.ok(below.value > 1, `${below.value}`)
})

test('values are counted into the bin that begins at the last edge not above them, with few edges and with many', () => {
  const edges = Float64Array.of(0, 1, 1.5, 4)
  assert.deepEqual([...countBins(Float64Array.of(-1, 0, -0, 0.5, 1, 1.5, 3.9, 4, 9), edges)], [1, 3, 1, 2, 2])
  const many = Float64Array.from({ length: 40 }, (_, i) => i)
  const draw = rng('bins')
  const values = Float64Array.from({ length: 500 }, () => draw.int(44) - 2 + draw.int(2) / 2)
  const expected = new Float64Array(41)
  for (const value of values) expected[many.filter(edge => edge <= value).length]!++
  assert.deepEqual(countBins(values, many), expected)
})

test('nothing, infinities, negative counts and one bin are refused', () => {
  assert.equal(codeOf(psi(new Float64Array(0), Float64Array.of(1))), 'empty')
  assert.equal(codeOf(psi(Float64Array.of(1, 2), new Float64Array(0))), 'empty')
  for (const bad of notFinite) assert.equal(codeOf(psi(Float64Array.of(1, 2), bad)), 'not_finite')
  assert.equal(codeOf(psi(Float64Array.of(3, 3), Float64Array.of(3, 9))), 'constant')
  assert.equal(codeOf(psi(Float64Array.of(1, 2), Float64Array.of(1), 1)), 'out_of_range')
  const counts = (reference: number[], current: number[]) => ({
    reference: Float64Array.from(reference),
    current: Float64Array.from(current),
  })
  assert.equal(codeOf(psiOfCounts(counts([1, -1], [1, 1]))), 'out_of_range')
  assert.equal(codeOf(psiOfCounts(counts([1, NaN], [1, 1]))), 'not_finite')
  assert.equal(codeOf(psiOfCounts(counts([], []))), 'empty')
  assert.equal(codeOf(psiOfCounts(counts([5, 0], [3, 0]))), 'constant')
})
