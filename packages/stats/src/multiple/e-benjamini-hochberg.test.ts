import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { eBenjaminiHochberg } from './e-benjamini-hochberg.ts'

test('the largest i with e_(i) >= n/(q·i) is rejected, here two of four', () => {
  // q = .1, n = 4: 40 for the first, 20 for the second, 13.3 for the third.
  const result = answered(eBenjaminiHochberg(Float64Array.of(13, 25, 1, 30), 0.1))
  assert.deepEqual([...result.rejected], [0, 1, 0, 1])
  const three = answered(eBenjaminiHochberg(Float64Array.of(13.4, 25, 1, 30), 0.1))
  assert.deepEqual([...three.rejected], [1, 1, 0, 1])
})

test('one e-value is rejected from 1/q on', () => {
  assert.deepEqual([...answered(eBenjaminiHochberg(Float64Array.of(20), 0.05)).rejected], [1])
  assert.deepEqual([...answered(eBenjaminiHochberg(Float64Array.of(19.9), 0.05)).rejected], [0])
})

test('0 and certainty are answered without a number that is not finite', () => {
  const result = answered(eBenjaminiHochberg(Float64Array.of(0, Infinity, -0), 0.05))
  assert.deepEqual([...result.rejected], [0, 1, 0])
  assert.ok(allFinite(result))
})

test('nothing, NaN, negative evidence and odd levels are refused', () => {
  assert.equal(codeOf(eBenjaminiHochberg(new Float64Array(0), 0.05)), 'empty')
  assert.equal(codeOf(eBenjaminiHochberg(Float64Array.of(NaN), 0.05)), 'not_finite')
  assert.equal(codeOf(eBenjaminiHochberg(Float64Array.of(-1), 0.05)), 'out_of_range')
  for (const q of [0, 1, NaN]) assert.equal(codeOf(eBenjaminiHochberg(Float64Array.of(1), q)), 'out_of_range')
})
