import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertClose, oracles, specialFixture } from '../testing/oracles.ts'
import { studentTCdf, studentTPpf, studentTSf } from './student-t.ts'

test("the tail of Student's t equals SciPy to 1e-10, with fractional degrees of freedom too", () => {
  for (const { t, df, sf } of oracles.t_sf) {
    assertClose(studentTSf(t, df), sf, 1e-10, `sf(${t}, ${df})`)
    assertClose(studentTCdf(-t, df), sf, 1e-10, `cdf(${-t}, ${df})`)
  }
})

test("the quantile of Student's t equals SciPy to 1e-10, near the centre and far out", () => {
  for (const { p, df, x } of [...oracles.t_ppf, ...specialFixture.t_ppf]) {
    assertClose(studentTPpf(p, df), x, 1e-10, `ppf(${p}, ${df})`)
  }
})

test('the centre is exact, the ends are infinite and everything outside throws', () => {
  assert.equal(studentTSf(0, 3), 0.5)
  assert.equal(studentTSf(Infinity, 3), 0)
  assert.equal(studentTSf(-Infinity, 3), 1)
  assert.equal(studentTPpf(0.5, 3), 0)
  assert.equal(studentTPpf(0, 3), -Infinity)
  assert.equal(studentTPpf(1, 3), Infinity)
  assert.throws(() => studentTSf(NaN, 3), RangeError)
  assert.throws(() => studentTSf(1, 0), RangeError)
  assert.throws(() => studentTPpf(-0.1, 3), RangeError)
})
