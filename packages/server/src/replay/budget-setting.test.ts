import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BudgetWish, budgetRuns, budgetWords } from './budget-setting.ts'

const wish = (action: string, alpha: number): BudgetWish => ({ action, alpha, delta: null })

test('the n-th budgets of all actions are one run; an action with fewer keeps its last', () => {
  assert.deepEqual(budgetRuns([]), [[]])
  assert.deepEqual(budgetRuns([wish('yes', 0.1), wish('no', 0.05)]), [[wish('yes', 0.1), wish('no', 0.05)]])
  assert.deepEqual(
    budgetRuns([wish('no', 0.05), wish('yes', 0.1), wish('no', 0.08), wish('no', 0.1), wish('yes', 0.2)]).map(
      budgetWords,
    ),
    [
      'no at most 5 % wrong, yes at most 10 % wrong',
      'no at most 8 % wrong, yes at most 20 % wrong',
      'no at most 10 % wrong, yes at most 20 % wrong',
    ],
  )
})
