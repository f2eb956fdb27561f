import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertClose, oracles } from '../testing/oracles.ts'
import { incompleteBeta } from './incomplete-beta.ts'

test('the incomplete beta function equals SciPy to 1e-10', () => {
  for (const { a, b, x, v } of oracles.ibeta) assertClose(incompleteBeta(a, b, x), v, 1e-10, `I_${x}(${a}, ${b})`)
})

test('swapping the ends gives the complement', () => {
  for (const x of [0.01, 0.3, 0.5, 0.97]) {
    assertClose(incompleteBeta(2.5, 7, x) + incompleteBeta(7, 2.5, 1 - x), 1, 1e-13)
  }
})

test('the ends are exact and everything outside throws', () => {
  assert.equal(incompleteBeta(2, 3, 0), 0)
  assert.equal(incompleteBeta(2, 3, 1), 1)
  assert.throws(() => incompleteBeta(0, 3, 0.5), RangeError)
  assert.throws(() => incompleteBeta(2, 3, 1.5), RangeError)
  assert.throws(() => incompleteBeta(2, 3, NaN), RangeError)
})
