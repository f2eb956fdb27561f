import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../testing/awkward.ts'
import { assertClose } from '../testing/oracles.ts'
import { checkBudget, fewestRows, spentDelta } from './budget.ts'

test('59 rows without a wrong one certify 5 % at 5 %, 29 certify 10 %', () => {
  assert.equal(fewestRows({ epsilon: 0.05, delta: 0.05 }), 59)
  assert.equal(fewestRows({ epsilon: 0.1, delta: 0.05 }), 29)
  assert.equal(fewestRows({ epsilon: 0.9, delta: 0.9 }), 1)
})

test('what all attempts spend adds up to delta: all but delta·6/(π²·T) of it within T attempts', () => {
  let sum = 0
  for (let attempt = 1; attempt <= 10_000; attempt++) sum += spentDelta(0.05, attempt)
  assert.ok(sum < 0.05)
  assertClose(0.05 - sum, (6 * 0.05) / (Math.PI ** 2 * 10_000), 1e-3)
})

test('re-certifying raises the zero-error need at 10 % from 34 to 98 at the 30th and 146 at the 365th attempt', () => {
  const need = (attempt: number) => fewestRows({ epsilon: 0.1, delta: spentDelta(0.05, attempt) })
  assert.deepEqual([1, 30, 365].map(need), [34, 98, 146])
})

test('budgets outside (0, 1) are refused, half an attempt throws', () => {
  for (const bad of [0, 1, NaN, -0.1]) {
    for (const budget of [
      { epsilon: bad, delta: 0.1 },
      { epsilon: 0.1, delta: bad },
    ]) {
      const problem = checkBudget(budget)
      assert.ok(problem && codeOf(problem) === 'out_of_range' && Number.isFinite(problem.have))
    }
  }
  assert.throws(() => spentDelta(0.05, 1.5), RangeError)
})
