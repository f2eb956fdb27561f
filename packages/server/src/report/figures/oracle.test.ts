import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReportAction } from '../report-input.ts'
import { sampleInput } from '../testing/sample-input.ts'
import { oracleOf } from './oracle.ts'

const base = sampleInput(10)
const action = (change: Partial<ReportAction>): ReportAction => ({
  ...base.actions[0]!,
  side: 'act',
  alpha: 0.25,
  missBudget: null,
  floor: 0.5,
  ...change,
})
/** Ten decisions, of which the last five count. */
const half = (p: readonly number[], label: readonly number[], settled: readonly number[] = [-1, -1, -1, -1, -1]) => ({
  ...base,
  actingProbability: Float64Array.from([0.9, 0.9, 0.9, 0.9, 0.9, ...p]),
  outcome: Int8Array.from([0, 0, 0, 0, 0, ...label]),
  settled: Int8Array.from([0, 0, 0, 0, 0, ...settled]),
})

test('the oracle is the loosest cut that keeps the budget on the second half, beyond failures too, and not past the floor', () => {
  const scores = [0.9, 0.8, 0.7, 0.6, 0.4]
  const of = (label: readonly number[], change: Partial<ReportAction> = {}) =>
    oracleOf(half(scores, label), action(change), 0).oracle
  assert.equal(of([1, 1, 1, 1, 1]), 4)
  assert.equal(of([0, 1, 1, 1, 1]), 4, 'one of four is a quarter')
  assert.equal(of([0, 1, 1, 0, 1]), 0)
  assert.equal(of([1, 0, 1, 0, 1]), 1)
  assert.equal(of([0, 1, 1, 1, 1], { alpha: 0.2 }), 0)
  assert.equal(of([1, 1, 1, 1, 1], { floor: 0.65 }), 3)
})

test('equal scores are settled together or not at all', () => {
  const of = (label: readonly number[]) =>
    oracleOf(half([0.9, 0.7, 0.7, 0.7, 0.4], label), action({ alpha: 0.2 }), 0).oracle
  assert.equal(of([1, 1, 0, 1, 1]), 1)
  assert.equal(of([1, 1, 1, 1, 1]), 4)
})

test('clears go from the lowest score, and miss no more of the positives than their second budget allows', () => {
  const clear = (missBudget: number | null) =>
    oracleOf(half([0.1, 0.2, 0.3, 0.4, 0.9], [0, 0, 0, 1, 1]), action({ side: 'clear', missBudget }), 0).oracle
  assert.equal(clear(null), 4)
  assert.equal(clear(0.5), 4)
  assert.equal(clear(0.4), 3)
})

test('what was settled is told beside it, with the sample; unknown outcomes and scores are no part of it', () => {
  const input = half([0.9, 0.8, Number.NaN, 0.6, 0.4], [1, 0, 1, -1, 1], [0, 0, 0, 0, -1])
  assert.deepEqual(oracleOf(input, action({ alpha: 0.5 }), 0), {
    n: 3,
    settled: 2,
    errors: 1,
    oracle: 2,
    ratio: 1,
    kept: true,
  })
  const nothing = oracleOf(half([0.4, 0.4, 0.4, 0.4, 0.4], [1, 1, 1, 1, 1]), action({}), 0)
  assert.deepEqual([nothing.ratio, nothing.kept, nothing.oracle], [null, true, 0])
})

test('a promise counts as broken where chance brings so many wrong ones less than once in a hundred', () => {
  const n = 200
  const many = (wrong: number) => ({
    ...base,
    at: new Float64Array(2 * n),
    actingProbability: new Float64Array(2 * n).fill(0.9),
    outcome: Int8Array.from({ length: 2 * n }, (_, i) => (i < n + wrong ? 0 : 1)),
    settled: new Int8Array(2 * n),
  })
  // P(X >= 30) = .0163 and P(X >= 31) = .0095 for 200 acts at .1.
  assert.deepEqual(
    [oracleOf(many(30), action({ alpha: 0.1 }), 0).kept, oracleOf(many(31), action({ alpha: 0.1 }), 0).kept],
    [true, false],
  )
})
