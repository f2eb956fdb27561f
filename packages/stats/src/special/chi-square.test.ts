import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertClose, oracles, specialFixture } from '../testing/oracles.ts'
import { chiSquareCdf, chiSquarePpf, chiSquareSf } from './chi-square.ts'

test('the chi-square tail equals SciPy to 1e-10, down to 2e-72', () => {
  for (const { x, df, sf } of oracles.chi2_sf) {
    assertClose(chiSquareSf(x, df), sf, 1e-10, `sf(${x}, ${df})`)
    assertClose(chiSquareCdf(x, df) + chiSquareSf(x, df), 1, 1e-14)
  }
})

test('the chi-square quantile equals SciPy to 1e-10', () => {
  for (const { p, df, x } of specialFixture.chi2_ppf) assertClose(chiSquarePpf(p, df), x, 1e-10, `ppf(${p}, ${df})`)
})

test('no degrees of freedom and a negative statistic throw', () => {
  assert.throws(() => chiSquareSf(1, 0), RangeError)
  assert.throws(() => chiSquareSf(-1, 2), RangeError)
  assert.throws(() => chiSquarePpf(2, 2), RangeError)
})
