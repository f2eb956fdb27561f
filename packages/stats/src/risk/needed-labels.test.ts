import assert from 'node:assert/strict'
import { test } from 'node:test'
import { binomialCdf } from '../special/binomial.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { neededLabels, rowsToCarry } from './needed-labels.ts'

const table: readonly (readonly [number, readonly number[]])[] = [
  [0.01, [299, 773, 1182, 2546]],
  [0.05, [59, 153, 234, 506]],
  [0.1, [29, 76, 116, 239]],
  [0.2, [14, 30, 50, 112]],
]

for (const [epsilon, expected] of table) {
  test(`at a budget of ${epsilon}: ${expected.join(', ')} rows for true shares of 0, a third, half and two thirds`, () => {
    const got = [0, 1 / 3, 1 / 2, 2 / 3].map(part => answered(neededLabels(part * epsilon, { epsilon, delta: 0.05 })).n)
    assert.deepEqual(got, expected)
  })
}

test('no smaller number would do, and close to the budget the search ends too', () => {
  for (const share of [0.013, 0.02, 0.0333]) {
    const { n } = answered(neededLabels(share, { epsilon: 0.05, delta: 0.05 }))
    for (let fewer = 1; fewer < n; fewer++) {
      assert.ok(binomialCdf(Math.ceil(share * fewer - 1e-9), fewer, 0.05) > 0.05, `${share}: ${fewer} of ${n}`)
    }
  }
  const { n, wrong } = answered(neededLabels(0.049, { epsilon: 0.05, delta: 0.05 }))
  assert.ok(binomialCdf(wrong, n, 0.05) <= 0.05 && wrong === Math.ceil(0.049 * n - 1e-9) && n > 100_000)
})

test('rows to carry some wrong ones: 59 for none, and exactly enough for seven', () => {
  const budget = { epsilon: 0.05, delta: 0.05 }
  assert.equal(rowsToCarry(0, budget), 59)
  const n = rowsToCarry(7, budget)
  assert.ok(binomialCdf(7, n, 0.05) <= 0.05 && binomialCdf(7, n - 1, 0.05) > 0.05)
})

test('shares at the budget, shares next to it and impossible numbers are refused', () => {
  const budget = { epsilon: 0.05, delta: 0.05 }
  assert.equal(codeOf(neededLabels(0.05, budget)), 'not_certifiable')
  assert.equal(codeOf(neededLabels(0.0499999, budget)), 'not_certifiable')
  assert.equal(codeOf(neededLabels(NaN, budget)), 'out_of_range')
  assert.equal(codeOf(neededLabels(0.01, { epsilon: 1, delta: 0.05 })), 'out_of_range')
})

test('a chance of exactly delta is enough, and a share of exactly the budget is not below it', () => {
  const epsilon = 0.1
  const budget = { epsilon, delta: binomialCdf(1, 40, epsilon) }
  assert.equal(rowsToCarry(1, budget), 40)
  assert.deepEqual(answered(neededLabels(1 / 40, budget)), { ok: true, n: 40, wrong: 1 })
  const refused = neededLabels(epsilon, budget)
  assert.ok(!refused.ok)
  assert.deepEqual([refused.have, refused.need], [epsilon, epsilon])
})
