import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sigmoid } from '../model/sigmoid.ts'
import { rng } from '../rng.ts'
import { normalPpf } from '../special/normal.ts'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { estimateLabelShift, shiftProbability } from './label-shift.ts'

/** Rows whose score is N(±1, 1) by class: p = sigmoid(2x + logit(share)) is exactly calibrated at that share. */
function world(n: number, before: number, after: number): Float64Array {
  const draw = rng(`label-shift ${before} ${after}`)
  return Float64Array.from({ length: n }, () => {
    const x = (draw.uniform() < after ? 1 : -1) + normalPpf(draw.uniform())
    return sigmoid(2 * x + Math.log(before / (1 - before)))
  })
}

test('it rests where expectation-maximisation rests', () => {
  const p = world(300, 0.3, 0.6)
  let share = 0.3
  for (let turn = 0; turn < 2000; turn++) {
    share = p.reduce((sum, value) => sum + shiftProbability(value, 0.3, share), 0) / p.length
  }
  assertClose(answered(estimateLabelShift(p, 0.3)).share, share, 1e-9)
})

test('the new base rate is found within .03 from 5,000 rows, whichever way it moved', () => {
  for (const [before, after] of [
    [0.1, 0.4],
    [0.5, 0.5],
    [0.4, 0.05],
  ] as const) {
    const { share, weights } = answered(estimateLabelShift(world(5000, before, after), before))
    assert.ok(Math.abs(share - after) < 0.03, `${before} to ${after}: ${share}`)
    assertClose(weights[1], share / before, 1e-12)
    assertClose(weights[0], (1 - share) / (1 - before), 1e-12)
  }
})

test('rows that are all certain have the share they say, and one-sided rows end at 0 and 1', () => {
  assertClose(answered(estimateLabelShift(Float64Array.of(0, 1, 1, 1), 0.2)).share, 0.75, 1e-12)
  assert.equal(answered(estimateLabelShift(Float64Array.of(0.1, 0.05), 0.2)).share, 0)
  assert.equal(answered(estimateLabelShift(Float64Array.of(0.9, 1), 0.2)).share, 1)
})

test('an unmoved base rate leaves probabilities alone, and 0 and 1 stay what they are', () => {
  assertClose(shiftProbability(0.3, 0.2, 0.2), 0.3, 1e-15)
  assert.deepEqual([shiftProbability(0, 0.2, 0.7), shiftProbability(1, 0.2, 0.7)], [0, 1])
  assertClose(shiftProbability(0.5, 0.5, 0.9), 0.9, 1e-15)
})

test('nothing, rows without a signal and bad numbers are refused', () => {
  assert.equal(codeOf(estimateLabelShift(new Float64Array(0), 0.2)), 'empty')
  assert.equal(codeOf(estimateLabelShift(new Float64Array(9).fill(0.2), 0.2)), 'no_signal')
  for (const bad of notFinite) assert.equal(codeOf(estimateLabelShift(bad, 0.2)), 'not_finite')
  assert.equal(codeOf(estimateLabelShift(Float64Array.of(1.1), 0.2)), 'out_of_range')
  assert.equal(codeOf(estimateLabelShift(Float64Array.of(0.5), 1)), 'out_of_range')
})
