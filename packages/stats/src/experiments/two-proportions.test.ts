import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { decisionOracles } from '../testing/decision-oracles.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { twoProportions } from './two-proportions.ts'

test('customer-ops fact 59: 30/150 against 48/152 and 9/45 against 12/48, with and without Yates', () => {
  const large = answered(twoProportions(30, 150, 48, 152))
  assert.equal(large.chiSquare.toFixed(3), '5.284')
  assert.equal(large.p.toFixed(4), '0.0215')
  assert.equal(large.chiSquareYates.toFixed(3), '4.697')
  assert.equal(large.pYates.toFixed(4), '0.0302')
  const small = answered(twoProportions(9, 45, 12, 48))
  assert.equal(small.p.toFixed(3), '0.564')
  assert.equal(small.pYates.toFixed(3), '0.743')
})

test('chi-square equals SciPy to 1e-10, with and without Yates', () => {
  const { table, chi2, p, chi2_yates, p_yates } = decisionOracles.chi2_table[1]!
  const [[hitsA, missesA], [hitsB, missesB]] = table as [[number, number], [number, number]]
  const ours = answered(twoProportions(hitsA, hitsA + missesA, hitsB, hitsB + missesB))
  assertClose(ours.chiSquare, chi2, 1e-10)
  assertClose(ours.p, p, 1e-10)
  assertClose(ours.chiSquareYates, chi2_yates!, 1e-10)
  assertClose(ours.pYates, p_yates!, 1e-10)
})

test('swapping the arms mirrors the difference and keeps the p-values', () => {
  const one = answered(twoProportions(30, 150, 48, 152))
  const other = answered(twoProportions(48, 152, 30, 150))
  assert.equal(other.difference, -one.difference)
  assert.equal(other.lower, -one.upper)
  assertClose(other.p, one.p, 1e-12)
  assertClose(other.pYates, one.pYates, 1e-12)
})

test('equal rates have p 1, also where the correction would overshoot', () => {
  const same = answered(twoProportions(20, 100, 20, 100))
  assert.deepEqual([same.z, same.p, same.chiSquareYates, same.pYates], [0, 1, 0, 1])
  assert.ok(allFinite(same))
})

test('an arm without units, no variation, small expectations and bad counts are refused', () => {
  assert.equal(codeOf(twoProportions(0, 0, 3, 10)), 'empty')
  assert.equal(codeOf(twoProportions(0, 50, 0, 50)), 'constant')
  assert.equal(codeOf(twoProportions(50, 50, 50, 50)), 'constant')
  assert.equal(codeOf(twoProportions(2, 20, 3, 20)), 'too_few')
  assert.equal(codeOf(twoProportions(21, 20, 3, 20)), 'out_of_range')
  assert.equal(codeOf(twoProportions(NaN, 20, 3, 20)), 'out_of_range')
  assert.equal(codeOf(twoProportions(9, 45, 12, 48, 1)), 'out_of_range')
})

test('five are expected in the smallest cell, which is one of the smaller arm', () => {
  assert.equal(codeOf(twoProportions(4, 20, 6, 20)), 'answered')
  assert.equal(codeOf(twoProportions(4, 20, 5, 20)), 'too_few')
  assert.equal(codeOf(twoProportions(2, 20, 100, 1000)), 'too_few')
  assert.equal(codeOf(twoProportions(100, 1000, 2, 20)), 'too_few')
})
