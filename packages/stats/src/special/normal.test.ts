import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertClose, oracles } from '../testing/oracles.ts'
import { normalCdf, normalPpf, normalSf } from './normal.ts'

test('the normal distribution function and its tail equal SciPy to 1e-12', () => {
  for (const { x, cdf, sf } of oracles.norm) {
    assertClose(normalCdf(x), cdf, 1e-12, `cdf(${x})`)
    assertClose(normalSf(x), sf, 1e-12, `sf(${x})`)
  }
})

test('the normal quantile equals SciPy to 1e-11', () => {
  for (const { p, x } of oracles.norm_ppf) assertClose(normalPpf(p), x, 1e-11, `ppf(${p})`)
})

test('quantile and distribution function undo each other from 1e-300 to 1 - 1e-10', () => {
  for (const p of [1e-300, 1e-30, 1e-8, 0.07, 0.08, 0.3, 0.92, 0.93, 1 - 1e-10]) {
    assertClose(normalCdf(normalPpf(p)), p, 1e-10, `p = ${p}`)
  }
})

test('the ends of the quantile are infinite and everything outside throws', () => {
  assert.equal(normalPpf(0), -Infinity)
  assert.equal(normalPpf(1), Infinity)
  for (const p of [-0.1, 1.1, NaN]) assert.throws(() => normalPpf(p), RangeError)
})
