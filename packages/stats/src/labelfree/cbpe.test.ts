import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rocAuc } from '../metrics/roc-auc.ts'
import { sigmoid } from '../model/sigmoid.ts'
import { rng } from '../rng.ts'
import { scoreGroups } from '../score-groups.ts'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { cbpe, fitLabelFree, samplingRange } from './cbpe.ts'
import { expectedAuc } from './expected-auc.ts'

const world = (seed: string, n: number, shift = 0) => {
  const draw = rng(seed)
  const z = Float64Array.from({ length: n }, () => 4 * draw.uniform() - 2 + shift)
  const y = Uint8Array.from(z, value => (draw.uniform() < sigmoid(2 * value - 1) ? 1 : 0))
  // The scores say something else than the probability: only calibration makes them usable.
  return { scores: z.map(value => value / 10), y, decisions: Uint8Array.from(z, value => (value > 0.5 ? 1 : 0)) }
}

test('shares of class 1 give the AUC of the labels they stand for, ties included', () => {
  const draw = rng('expected auc')
  const scores = Float64Array.from({ length: 200 }, () => draw.int(20))
  const y = Uint8Array.from(scores, s => (draw.uniform() < s / 25 ? 1 : 0))
  const { zeros, ones } = scoreGroups(scores, y)
  // A group of one share c per row expects what the labels say on average.
  const rows = zeros.map((count, k) => count + ones[k]!)
  const auc = expectedAuc(
    rows,
    ones.map((count, k) => count / rows[k]!),
  )
  assertClose(Number(auc), answered(rocAuc(scores, y)).value, 1e-12)
})

test('with labels from the same world the estimates meet the truth, uncalibrated scores notwithstanding', () => {
  const before = world('before', 8000)
  const reference = answered(fitLabelFree(before.scores, before.y, before.decisions))
  const now = world('now', 6000, 0.3)
  const estimate = answered(cbpe(reference, now.scores, now.decisions))
  const right = now.decisions.reduce((sum, said, i) => sum + (said === now.y[i] ? 1 : 0), 0) / 6000
  // Standard error of the realised accuracy: .005.
  assertClose(answered(estimate.accuracy).value, right, 0.02)
  assertClose(answered(estimate.auc).value, answered(rocAuc(now.scores, now.y)).value, 0.02)
  const [tp, fp, fn] = [estimate.truePositives, estimate.falsePositives, estimate.falseNegatives]
  assertClose(answered(estimate.f1).value, (2 * tp) / (2 * tp + fp + fn), 1e-12)
  assertClose(tp + fp + fn + estimate.trueNegatives, 6000, 1e-9)
  assert.ok(allFinite(estimate))
})

test('the sampling error shrinks with the root of the chunk and covers what chunks of the reference do', () => {
  const before = world('chunks', 20_000)
  const reference = answered(fitLabelFree(before.scores, before.y, before.decisions))
  let inside = 0
  for (let k = 0; k < 40; k++) {
    const cut = <A extends Float64Array | Uint8Array>(values: A) => values.slice(k * 500, (k + 1) * 500) as A
    const figure = answered(answered(cbpe(reference, cut(before.scores), cut(before.decisions))).auc)
    const [lower, upper] = samplingRange(figure)!
    const truth = answered(rocAuc(cut(before.scores), cut(before.y))).value
    if (truth >= lower && truth <= upper) inside++
  }
  // 38 of 40 are expected at 95 %; fewer than 32 has a chance below 1e-4.
  assert.ok(inside >= 32, `${inside} of 40`)
  const two = [500, 2000].map(
    n =>
      answered(answered(cbpe(reference, before.scores.slice(0, n), before.decisions.slice(0, n))).auc).standardError!,
  )
  assertClose(two[0]!, 2 * two[1]!, 1e-12)
})

test('a model that never says 1 has no precision and keeps its other figures', () => {
  const before = world('never', 1000)
  const reference = answered(fitLabelFree(before.scores, before.y, before.decisions))
  const estimate = answered(cbpe(reference, before.scores, new Uint8Array(1000)))
  assert.equal(codeOf(estimate.precision), 'empty')
  assert.equal(answered(estimate.recall).value, 0)
  assert.ok(answered(estimate.accuracy).value > 0.3)
})

test('a reference that is separated by its score expects one class only in a chunk from one side', () => {
  const scores = Float64Array.from({ length: 200 }, (_, i) => i)
  const y = Uint8Array.from(scores, s => (s >= 100 ? 1 : 0))
  const reference = answered(fitLabelFree(scores, y, y))
  const chunk = answered(cbpe(reference, scores.slice(0, 100), y.slice(0, 100)))
  assert.equal(codeOf(chunk.auc), 'one_class')
  assert.equal(answered(chunk.accuracy).value, 1)
})

test('one class, small chunks, bad scores and decisions are refused; unequal arrays throw', () => {
  const { scores, y, decisions } = world('edges', 300)
  assert.equal(codeOf(fitLabelFree(scores, new Uint8Array(300), decisions)), 'one_class')
  assert.equal(codeOf(fitLabelFree(scores, y, new Uint8Array(300).fill(2))), 'out_of_range')
  const reference = answered(fitLabelFree(scores, y, decisions))
  const small = cbpe(reference, scores.slice(0, 99), decisions.slice(0, 99))
  assert.ok(!small.ok)
  assert.deepEqual([small.code, small.have, small.need], ['too_few', 99, 100])
  assert.equal(codeOf(cbpe(reference, new Float64Array(0), new Uint8Array(0))), 'empty')
  const broken = Float64Array.from(scores)
  broken[7] = NaN
  assert.equal(codeOf(cbpe(reference, broken, decisions)), 'not_finite')
  assert.throws(() => cbpe(reference, scores, decisions.slice(1)), RangeError)
  assert.throws(() => fitLabelFree(scores, y, decisions.slice(1)), RangeError)
})
