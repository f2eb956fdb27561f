import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mostCompatible } from './promises/autonomy/compatible.ts'

// P(X >= k) by hand: n 20, p .05: k 3 .0755, k 4 .0159. n 300: k 23 .0292, k 24 .0168 (SciPy binom.sf(k - 1, n, p)).
test('so many broken promises of n are compatible with the promised rate, and one more is not', () => {
  assert.equal(mostCompatible(20, 0.05), 3, 'four broken worlds of twenty are too many')
  assert.equal(mostCompatible(300, 0.05), 23)
  assert.equal(mostCompatible(1, 0.05), 1)
  assert.equal(mostCompatible(1, 0.01), 0, 'one that was to come once in a hundred is already too much')
  assert.equal(mostCompatible(0, 0.05), 0)
})
