import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertClose, oracles } from '../testing/oracles.ts'
import { kolmogorovCdf, kolmogorovSf } from './kolmogorov.ts'

test("Kolmogorov's law equals SciPy to 1e-12", () => {
  for (const { x, sf } of oracles.kolmogorov_sf) assertClose(kolmogorovSf(x), sf, 1e-12, `sf(${x})`)
})

test('the two series meet without a step, and the tails add up to 1', () => {
  assertClose(kolmogorovSf(1.18), kolmogorovSf(1.18 - 1e-13), 1e-11)
  for (const x of [0.2, 0.9, 1.2, 2.5]) assertClose(kolmogorovCdf(x) + kolmogorovSf(x), 1, 1e-15)
})

test('0 and below are certain, far out nothing is left, NaN throws', () => {
  for (const x of [-3, 0, 1e-200]) assert.equal(kolmogorovSf(x), 1)
  assert.equal(kolmogorovSf(Infinity), 0)
  assert.equal(kolmogorovCdf(0.01), 0)
  assert.throws(() => kolmogorovSf(NaN), RangeError)
  assert.throws(() => kolmogorovCdf(NaN), RangeError)
})
