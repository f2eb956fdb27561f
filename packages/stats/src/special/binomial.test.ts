import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertClose, oracles } from '../testing/oracles.ts'
import { binomialCdf } from './binomial.ts'

test('the binomial distribution function equals SciPy to 1e-10', () => {
  for (const { k, n, p, cdf } of oracles.binom_cdf)
    assertClose(binomialCdf(k, n, p), cdf, 1e-10, `${k} of ${n} at ${p}`)
})

test('below none the chance is 0, from all on it is 1, and certain draws behave', () => {
  assert.equal(binomialCdf(-1, 5, 0.3), 0)
  assert.equal(binomialCdf(5, 5, 0.3), 1)
  assert.equal(binomialCdf(2, 5, 0), 1)
  assert.equal(binomialCdf(2, 5, 1), 0)
  assert.equal(binomialCdf(0, 0, 0.5), 1)
})

test('counts that are not whole and chances outside 0..1 throw', () => {
  assert.throws(() => binomialCdf(1.5, 5, 0.3), RangeError)
  assert.throws(() => binomialCdf(1, 5, -0.1), RangeError)
})
