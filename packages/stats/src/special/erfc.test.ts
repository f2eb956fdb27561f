import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertClose } from '../testing/oracles.ts'
import { erfc } from './erfc.ts'

test('erfc agrees with tabulated values in both tails to 1e-13 relative', () => {
  // Abramowitz & Stegun table 7.1 and Wolfram's 20 digits
  assertClose(erfc(0.5), 0.4795001221869535, 1e-13)
  assertClose(erfc(1.5), 0.033894853524689274, 1e-13)
  assertClose(erfc(5), 1.5374597944280349e-12, 1e-13)
  assertClose(erfc(-2), 1.99532226501895, 1e-14)
})

test('the series and the continued fraction meet without a step', () => {
  assertClose(erfc(1.5), erfc(1.5 - 1e-12), 1e-11)
})

test('erfc ends at 0 and 2 instead of underflowing into nonsense', () => {
  assert.equal(erfc(40), 0)
  assert.equal(erfc(-40), 2)
  assert.equal(erfc(0), 1)
})
