import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertClose, oracles } from '../testing/oracles.ts'
import { betaQuantile } from './beta-quantile.ts'
import { incompleteBeta } from './incomplete-beta.ts'

test('the beta quantile equals SciPy to 1e-10', () => {
  for (const { p, a, b, x } of oracles.beta_ppf) assertClose(betaQuantile(p, a, b), x, 1e-10, `ppf(${p}; ${a}, ${b})`)
})

test('quantile and distribution function undo each other for flat, skewed and sharp shapes', () => {
  for (const [a, b] of [
    [0.1, 5],
    [1, 1],
    [3, 0.7],
    [1e5, 1e5],
    [2, 1e6],
  ] as const) {
    for (const p of [1e-10, 0.01, 0.5, 0.999]) {
      assertClose(incompleteBeta(a, b, betaQuantile(p, a, b)), p, 1e-9, `p = ${p}, a = ${a}, b = ${b}`)
    }
  }
})

test('the ends are exact, quantiles below the smallest double are 0 and everything outside throws', () => {
  assert.equal(betaQuantile(0, 2, 3), 0)
  assert.equal(betaQuantile(1, 2, 3), 1)
  assert.equal(betaQuantile(1e-300, 0.1, 5), 0)
  assert.throws(() => betaQuantile(1.1, 2, 3), RangeError)
  assert.throws(() => betaQuantile(0.5, 0, 3), RangeError)
})
