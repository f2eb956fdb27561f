import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { plannedShare, recordStarts, recordStartsAfter } from './starts.ts'

const draw = rng('record starts')
const p = Float64Array.from({ length: 2000 }, () => draw.uniform())

test('the plan is the largest share of which the model expects at most the budget to be wrong', () => {
  // Of the best share s of evenly spread chances s/2 are wrong on average.
  for (const [side, alpha] of [
    ['yes', 0.1],
    ['no', 0.1],
    ['no', 0.3],
  ] as const) {
    const { share } = answered(plannedShare(p, p, side, alpha))
    const best = [...p].map(value => (side === 'yes' ? 1 - value : value)).sort((a, b) => a - b)
    const mean = (n: number) => best.slice(0, n).reduce((a, b) => a + b, 0) / n
    const planned = Math.round(share * 2000)
    assert.ok(mean(planned) <= alpha && mean(planned + 1) > alpha, `${side} ${alpha}: ${share}`)
    assert.ok(Math.abs(share - 2 * alpha) < 0.03)
  }
})

test('the plan follows the scores, not the chances beside them, and the newest 2,000 alone', () => {
  const upside = p.map(value => -value)
  assert.equal(answered(plannedShare(upside, p, 'yes', 0.1)).share, 0.02)
  const old = new Float64Array(800).fill(0.99)
  assert.deepEqual(
    plannedShare(Float64Array.of(...old, ...p), Float64Array.of(...old, ...p), 'yes', 0.1),
    plannedShare(p, p, 'yes', 0.1),
  )
})

test('a model that sees nothing within the budget begins as if it saw .02', () => {
  assert.equal(
    answered(
      plannedShare(
        p,
        p.map(() => 0.5),
        'yes',
        0.1,
      ),
    ).share,
    0.02,
  )
  assert.deepEqual(recordStarts(0.02), [
    { cut: 62, weight: 0.3 },
    { cut: 52, weight: 0.7 },
  ])
})

test('the chains begin at an eighth and at a third of the plan: the strictest cuts that hold as much', () => {
  assert.deepEqual(recordStarts(1), [
    { cut: 21, weight: 0.3 },
    { cut: 11, weight: 0.7 },
  ])
  for (const share of [0.9, 0.31, 0.05]) {
    const starts = recordStarts(share)
    assert.deepEqual(
      starts.map(({ cut }) => [
        1.1 ** -cut >= share / (cut === starts[0]!.cut ? 8 : 3),
        1.1 ** -(cut + 1) >= share / (cut === starts[0]!.cut ? 8 : 3),
      ]),
      [
        [true, false],
        [true, false],
      ],
    )
  }
})

test('chains that would begin at one cut are one chain of the whole weight', () => {
  assert.deepEqual(recordStarts(0.001), [{ cut: 63, weight: 1 }])
  assert.deepEqual(recordStartsAfter(60), [{ cut: 63, weight: 1 }])
})

test('with a certificate in force they begin twelve and four cuts stricter than that, and not beyond the last', () => {
  assert.deepEqual(recordStartsAfter(10), [
    { cut: 22, weight: 0.3 },
    { cut: 14, weight: 0.7 },
  ])
  assert.deepEqual(recordStartsAfter(55), [
    { cut: 63, weight: 0.3 },
    { cut: 59, weight: 0.7 },
  ])
})

test('impossible plans throw, unfit scores and chances are refused', () => {
  for (const bad of [0, -0.1, 1.1, NaN]) assert.throws(() => recordStarts(bad), RangeError)
  for (const bad of [-1, 64, 1.5]) assert.throws(() => recordStartsAfter(bad), RangeError)
  assert.equal(codeOf(plannedShare(new Float64Array(0), new Float64Array(0), 'yes', 0.1)), 'empty')
  assert.equal(
    codeOf(
      plannedShare(
        p,
        p.map(() => 2),
        'yes',
        0.1,
      ),
    ),
    'out_of_range',
  )
  assert.equal(
    codeOf(
      plannedShare(
        p,
        p.map(() => NaN),
        'yes',
        0.1,
      ),
    ),
    'not_finite',
  )
  assert.equal(
    codeOf(
      plannedShare(
        p.map(() => NaN),
        p,
        'yes',
        0.1,
      ),
    ),
    'not_finite',
  )
  assert.equal(codeOf(plannedShare(p, p, 'yes', 1)), 'out_of_range')
})
