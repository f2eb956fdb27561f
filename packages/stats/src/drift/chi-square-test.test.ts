import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { driftOracles } from '../testing/drift-oracles.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { chiSquareTest } from './chi-square-test.ts'

for (const expected of driftOracles.chi2_table) {
  const name = expected.table.map(row => row.length).join('+')
  test(`table of ${name} cells: statistic and p equal SciPy to 1e-10, with and without Yates`, () => {
    const plain = answered(chiSquareTest(expected.table))
    assertClose(plain.statistic, expected.chi2, 1e-10)
    assertClose(plain.p, expected.p, 1e-10)
    if (expected.dof !== undefined) assert.equal(plain.df, expected.dof)
    const corrected = answered(chiSquareTest(expected.table, { yates: true }))
    assertClose(corrected.statistic, expected.chi2_yates ?? expected.chi2, 1e-10)
    assertClose(corrected.p, expected.p_yates ?? expected.p, 1e-10)
  })
}

test('G of a 2 x 2 table is twice the sum of count times log of count over expected', () => {
  const result = answered(
    chiSquareTest([
      [30, 70],
      [45, 55],
    ]),
  )
  const expected =
    2 * (30 * Math.log(30 / 37.5) + 70 * Math.log(70 / 62.5) + 45 * Math.log(45 / 37.5) + 55 * Math.log(55 / 62.5))
  assertClose(result.g, expected, 1e-12)
  assert.equal(result.leastExpected, 37.5)
})

test('equal rows have statistic 0 and p 1, and the correction never pushes a gap below 0', () => {
  const table = [
    [10, 20],
    [10, 20],
  ]
  for (const yates of [true, false]) {
    const result = answered(chiSquareTest(table, { yates }))
    assert.deepEqual([result.statistic, result.p], [0, 1])
    assert.ok(allFinite(result))
  }
})

test('rows and columns of zeros take no degree of freedom', () => {
  const narrow = answered(
    chiSquareTest([
      [5, 9],
      [8, 2],
    ]),
  )
  const wide = answered(
    chiSquareTest([
      [5, 0, 9],
      [0, 0, 0],
      [8, 0, 2],
    ]),
  )
  assert.deepEqual([wide.df, wide.statistic], [narrow.df, narrow.statistic])
})

test('empty tables, one row, bad counts are refused and ragged tables throw', () => {
  assert.equal(codeOf(chiSquareTest([])), 'empty')
  assert.equal(
    codeOf(
      chiSquareTest([
        [0, 0],
        [0, 0],
      ]),
    ),
    'empty',
  )
  assert.equal(
    codeOf(
      chiSquareTest([
        [5, 3],
        [0, 0],
      ]),
    ),
    'constant',
  )
  assert.equal(
    codeOf(
      chiSquareTest([
        [5, 0],
        [3, 0],
      ]),
    ),
    'constant',
  )
  assert.equal(
    codeOf(
      chiSquareTest([
        [5, -1],
        [3, 1],
      ]),
    ),
    'out_of_range',
  )
  assert.equal(
    codeOf(
      chiSquareTest([
        [5, NaN],
        [3, 1],
      ]),
    ),
    'not_finite',
  )
  assert.throws(() => chiSquareTest([[1, 2], [1]]), RangeError)
})
