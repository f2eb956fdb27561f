import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertClose, specialFixture } from '../testing/oracles.ts'
import { gammaQuantile } from './gamma-quantile.ts'
import { incompleteGamma, incompleteGammaUpper } from './incomplete-gamma.ts'

test('the gamma quantile equals SciPy to 1e-10', () => {
  for (const { p, a, x } of specialFixture.gamma_ppf) assertClose(gammaQuantile(p, a), x, 1e-10, `p = ${p}, a = ${a}`)
})

test('quantile and distribution function undo each other in both tails', () => {
  for (const a of [0.05, 1, 3.7, 1e4]) {
    for (const p of [1e-12, 0.02, 0.5, 0.97])
      assertClose(incompleteGamma(a, gammaQuantile(p, a)), p, 1e-9, `${p}, ${a}`)
    for (const q of [1e-30, 1e-12])
      assertClose(incompleteGammaUpper(a, gammaQuantile(1 - q, a, q)), q, 1e-9, `${q}, ${a}`)
  }
})

test('the ends are exact and everything outside throws', () => {
  assert.equal(gammaQuantile(0, 3), 0)
  assert.equal(gammaQuantile(1, 3), Infinity)
  assert.equal(gammaQuantile(1e-300, 0.1), 0)
  assert.throws(() => gammaQuantile(NaN, 3), RangeError)
  assert.throws(() => gammaQuantile(0.5, 0), RangeError)
})
