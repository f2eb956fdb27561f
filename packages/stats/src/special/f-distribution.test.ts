import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertClose, specialFixture } from '../testing/oracles.ts'
import { fCdf, fPpf, fSf } from './f-distribution.ts'
import { studentTSf } from './student-t.ts'

test('tail and quantile of F equal SciPy to 1e-10', () => {
  for (const { x, df1, df2, sf } of specialFixture.f_sf) {
    assertClose(fSf(x, df1, df2), sf, 1e-10, `sf(${x}; ${df1}, ${df2})`)
    assertClose(fCdf(x, df1, df2) + fSf(x, df1, df2), 1, 1e-13)
  }
  for (const { p, df1, df2, x } of specialFixture.f_ppf) assertClose(fPpf(p, df1, df2), x, 1e-10, `ppf(${p})`)
})

test('F with one degree of freedom on top is the square of t', () => {
  for (const t of [0.1, 1.7, 9]) assertClose(fSf(t * t, 1, 7), 2 * studentTSf(t, 7), 1e-12)
})

test('the ends are exact and everything outside throws', () => {
  assert.equal(fSf(0, 2, 3), 1)
  assert.equal(fSf(Infinity, 2, 3), 0)
  assert.equal(fPpf(1, 2, 3), Infinity)
  assert.throws(() => fSf(-1, 2, 3), RangeError)
  assert.throws(() => fCdf(1, 0, 3), RangeError)
})
