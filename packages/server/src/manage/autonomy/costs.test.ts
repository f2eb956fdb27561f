import assert from 'node:assert/strict'
import { test } from 'node:test'
import { costsOf } from './costs.ts'

const action = { alpha: 0.05, costOfWrong: 20, costOfReview: 2 }

test('a case done by itself saves a review and costs its share of wrong acts, at the bound of the certificate', () => {
  const costs = costsOf(action, { share: 0.4, upper: 0.05 })
  assert.equal(costs['break_even_wrong_share'], 0.1)
  assert.equal(costs['saved_per_100_cases_at_least'], 100 * 0.4 * (2 - 0.05 * 20))
  assert.equal(costs['note'], null)
})

test('a budget that allows more than pays is told so; free mistakes and no certificate are no division by 0', () => {
  assert.match(
    String(costsOf({ ...action, alpha: 0.3 }, null)['note']),
    /more than 10.0 % wrong costs more than asking/,
  )
  const free = costsOf({ ...action, costOfWrong: 0 }, null)
  assert.deepEqual([free['break_even_wrong_share'], free['saved_per_100_cases_at_least']], [null, null])
})
