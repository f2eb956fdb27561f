import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../testing/awkward.ts'
import { driftOracles } from '../testing/drift-oracles.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { jensenShannon } from './jensen-shannon.ts'

const cells = (reference: readonly number[], current: readonly number[]) => ({
  reference: Float64Array.from(reference),
  current: Float64Array.from(current),
})

test('the distance of ten shares equals SciPy to 1e-12', () => {
  const { expected, actual, js_base2_distance } = driftOracles.psi
  assertClose(answered(jensenShannon(cells(expected, actual))).distance, js_base2_distance, 1e-12)
})

test('equal shares are 0 apart, shares with nothing in common 1, whatever the counts', () => {
  assert.equal(answered(jensenShannon(cells([1, 3], [10, 30]))).distance, 0)
  assert.equal(answered(jensenShannon(cells([4, 0], [0, 9]))).distance, 1)
})

test('one cell, nothing and bad counts are refused, and different cells throw', () => {
  assert.equal(codeOf(jensenShannon(cells([4, 0], [9, 0]))), 'constant')
  assert.equal(codeOf(jensenShannon(cells([4, 1], [0, 0]))), 'empty')
  assert.equal(codeOf(jensenShannon(cells([4, Infinity], [1, 0]))), 'not_finite')
  assert.throws(() => jensenShannon(cells([1, 2], [1])), RangeError)
})
