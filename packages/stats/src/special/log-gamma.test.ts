import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertClose } from '../testing/oracles.ts'
import { logGamma, stirlingError } from './log-gamma.ts'

test('logGamma of whole numbers is the logarithm of the factorial', () => {
  let factorial = 1
  for (let n = 1; n <= 20; n++) {
    assert.ok(Math.abs(logGamma(n) - Math.log(factorial)) < 2e-14 * Math.max(1, Math.log(factorial)), `n = ${n}`)
    factorial *= n
  }
})

test('logGamma of one half is ln √π, and large arguments follow the recurrence', () => {
  assertClose(logGamma(0.5), Math.log(Math.PI) / 2, 1e-14)
  assertClose(logGamma(1e6 + 1) - logGamma(1e6), Math.log(1e6), 1e-9)
  assertClose(logGamma(1e-10), 23.02585092988273, 1e-14)
})

test("Stirling's error has no step where its series takes over", () => {
  assertClose(stirlingError(15), stirlingError(15 - 1e-9), 1e-8)
  assertClose(stirlingError(1), 0.08106146679532726, 1e-12)
})

test('logGamma throws where it is not defined', () => {
  for (const x of [0, -1, NaN, Infinity]) assert.throws(() => logGamma(x), RangeError)
})
