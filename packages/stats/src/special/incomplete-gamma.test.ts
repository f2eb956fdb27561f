import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertClose, oracles, specialFixture } from '../testing/oracles.ts'
import { incompleteGamma, incompleteGammaUpper } from './incomplete-gamma.ts'

test('both tails of the incomplete gamma function equal SciPy to 1e-10, from tiny to a million', () => {
  for (const { a, x, p, q } of [...oracles.igamma, ...specialFixture.igamma]) {
    assertClose(incompleteGamma(a, x), p, 1e-10, `P(${a}, ${x})`)
    assertClose(incompleteGammaUpper(a, x), q, 1e-10, `Q(${a}, ${x})`)
  }
})

test('series and continued fraction meet without a step', () => {
  for (const a of [0.3, 5, 2000]) assertClose(incompleteGamma(a, a + 1), incompleteGamma(a, a + 1 - 1e-9), 1e-9)
})

test('the ends are exact and everything outside throws', () => {
  assert.equal(incompleteGamma(2, 0), 0)
  assert.equal(incompleteGamma(2, Infinity), 1)
  assert.equal(incompleteGammaUpper(2, 1e6), 0)
  for (const [a, x] of [
    [0, 1],
    [2, -1],
    [2, NaN],
    [Infinity, 1],
  ] as const) {
    assert.throws(() => incompleteGamma(a, x), RangeError)
    assert.throws(() => incompleteGammaUpper(a, x), RangeError)
  }
})
