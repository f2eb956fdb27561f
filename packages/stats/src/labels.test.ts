import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkProbabilities, checkScored, checkTwoClasses } from './labels.ts'
import { notFinite } from './testing/awkward.ts'

test('well-formed scores answer their class counts', () => {
  assert.deepEqual(checkTwoClasses(Float64Array.of(1, 2, 3), Uint8Array.of(0, 1, 1)), {
    n: 3,
    positives: 2,
    negatives: 1,
  })
})

test('a refusal names the row and says how many are needed', () => {
  assert.deepEqual(checkTwoClasses(Float64Array.of(1, 2), Uint8Array.of(1, 1)), {
    ok: false,
    code: 'one_class',
    have: 0,
    need: 1,
    detail: 'no row of class 0',
  })
  for (const scores of notFinite) {
    assert.match(JSON.stringify(checkScored(scores, Uint8Array.of(0, 1, 1))), /"not_finite".*row 1/)
  }
  assert.match(JSON.stringify(checkScored(Float64Array.of(1, 2), Uint8Array.of(0, 7))), /"out_of_range".*row 1/)
  assert.match(
    JSON.stringify(checkProbabilities(Float64Array.of(0.5, 1.01), Uint8Array.of(0, 1))),
    /"out_of_range".*row 1/,
  )
  assert.match(JSON.stringify(checkScored(new Float64Array(0), new Uint8Array(0))), /"empty"/)
})

test('arrays of unequal length are a bug of the caller and throw', () => {
  assert.throws(() => checkScored(Float64Array.of(1), Uint8Array.of(0, 1)), RangeError)
})
