import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clopperPearson } from '../intervals/clopper-pearson.ts'
import { confusion } from '../metrics/confusion.ts'
import { allFinite, codeOf, notFinite } from '../testing/awkward.ts'
import { decisionOracles } from '../testing/decision-oracles.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { actOrAsk, capacityPoint, cheapestPoint, costThreshold } from './chosen-threshold.ts'
import { thresholdImpact } from './impact.ts'
import { curvePoint, curvePoints, pointAt, thresholdCurve } from './threshold-curve.ts'

const scores = Float64Array.from(decisionOracles.metrics.score)
const y = Uint8Array.from(decisionOracles.metrics.y)
const curve = answered(thresholdCurve(scores, y))

test('the ROC curve over distinct scores equals scikit-learn', () => {
  const { fpr, tpr } = decisionOracles.metrics
  assert.equal(curve.thresholds.length, fpr.length - 1)
  fpr.slice(1).forEach((value, k) => {
    assertClose(curve.falsePositives[k]! / curve.negatives, value, 1e-12)
    assertClose(curve.truePositives[k]! / curve.positives, tpr[k + 1]!, 1e-12)
  })
})

test('every point is the confusion at its score, with Clopper-Pearson bands', () => {
  for (let k = 0; k < curve.thresholds.length; k++) {
    const point = answered(curvePoint(curve, k, { level: 0.9 }))
    const plain = answered(confusion(scores, y, point.threshold, 0.9))
    assert.deepEqual(point.precision, plain.precision)
    assert.deepEqual(point.recall, plain.recall)
    assert.deepEqual(point.falsePositiveRate, clopperPearson(plain.falsePositives, curve.negatives, 0.9))
    assert.equal(point.alerts, plain.truePositives + plain.falsePositives)
  }
})

test('the impact of a move is counted in whole cases, cost and alerts a day', () => {
  const options = { days: 10, costs: { falsePositive: 1, falseNegative: 5 } }
  const { from, to, change } = answered(thresholdImpact(curve, 0.75, 0.5, options))
  const at = (t: number) => answered(confusion(scores, y, t))
  assert.equal(change.truePositives, at(0.5).truePositives - at(0.75).truePositives)
  assert.equal(change.alerts, to.alerts - from.alerts)
  assert.equal(change.cost, change.falsePositives - 5 * change.truePositives)
  assertClose(change.alertsPerDay!, change.alerts / 10, 1e-12)
  const nothing = answered(thresholdImpact(curve, 0.75, 0.8)).change
  assert.deepEqual([nothing.alerts, nothing.cost], [0, null]) // no score lies between
})

test('rows without outcome are counted as such and stay out of the rates', () => {
  const open = answered(thresholdCurve(scores, y, Float64Array.of(0.95, 0.5, -3)))
  const point = answered(curvePoint(open, pointAt(open, 0.5)))
  const plain = answered(confusion(scores, y, 0.5))
  assert.equal(point.unlabelled, 2)
  assert.equal(point.alerts, plain.truePositives + plain.falsePositives + 2)
  assert.deepEqual(point.precision, plain.precision)
  assert.equal(open.thresholds.at(-1), -3)
})

test('above all scores nothing is alerted: precision is refused, recall is 0', () => {
  const silent = answered(curvePoint(curve, pointAt(curve, 2)))
  assert.equal(codeOf(silent.precision), 'empty')
  assert.equal(answered(silent.recall).value, 0)
  assert.ok(silent.threshold > 1 && allFinite(silent))
})

test('the cheapest point is the cheapest of all points', () => {
  for (const falseNegative of [0.1, 1, 3, 50]) {
    const costs = { falsePositive: 1, falseNegative }
    const best = answered(cheapestPoint(curve, { costs }))
    for (let k = -1; k < curve.thresholds.length; k++) {
      assert.ok(best.cost! <= answered(curvePoint(curve, k, { costs })).cost!)
    }
  }
})

test('the capacity point is the loosest one within capacity', () => {
  const point = answered(capacityPoint(curve, 2, { days: 10 }))
  const index = pointAt(curve, point.threshold)
  assert.ok(point.alertsPerDay! <= 2)
  assert.ok(answered(curvePoint(curve, index + 1, { days: 10 })).alertsPerDay! > 2)
  assert.equal(answered(capacityPoint(curve, 6, { days: 10 })).alerts, 60)
  assert.equal(codeOf(capacityPoint(curve, 0.1, { days: 10 })), 'too_few')
})

test('acting pays from harm/(harm + benefit) on; in between a person is asked', () => {
  assert.equal(answered(costThreshold(90, 10)).threshold, 0.1)
  assert.equal(answered(costThreshold(0, 10)).threshold, 1)
  assert.deepEqual(
    [actOrAsk(0.2, 0.3, 0.1), actOrAsk(0.05, 0.3, 0.1), actOrAsk(0.02, 0.03, 0.1)],
    ['act', 'ask', 'clear'],
  )
  assert.equal(codeOf(costThreshold(0, 0)), 'out_of_range')
  assert.equal(codeOf(costThreshold(-1, 2)), 'out_of_range')
  assert.equal(codeOf(costThreshold(NaN, 2)), 'out_of_range')
})

test('points for drawing: no more than asked, both ends, in order', () => {
  const long = Float64Array.from({ length: 5000 }, (_, i) => Math.sin(i))
  const big = answered(
    thresholdCurve(
      long,
      Uint8Array.from(long, (_, i) => i % 2),
    ),
  )
  const points = curvePoints(big, 50)
  assert.ok(Array.isArray(points) && points.length <= 50 && points.length > 40)
  assert.equal(points[0]!.alerts, 1)
  assert.equal(points.at(-1)!.alerts, 5000)
  assert.ok(points.every((point, k) => k === 0 || point.threshold < points[k - 1]!.threshold))
})

test('one row, one class, -0 and all ties answer; bad input is refused', () => {
  const one = answered(thresholdCurve(Float64Array.of(0.4), Uint8Array.of(1)))
  assert.ok(allFinite(curvePoint(one, 0)))
  const ties = answered(thresholdCurve(Float64Array.of(-0, 0, 0), Uint8Array.of(1, 0, 0)))
  assert.deepEqual([ties.thresholds.length, ties.truePositives[0], ties.falsePositives[0]], [1, 1, 2])
  assert.ok(Object.is(ties.thresholds[0], 0))
  assert.equal(codeOf(thresholdCurve(new Float64Array(), new Uint8Array())), 'empty')
  for (const bad of notFinite) {
    assert.equal(codeOf(thresholdCurve(bad, Uint8Array.of(0, 1, 1))), 'not_finite')
    assert.equal(codeOf(thresholdCurve(scores, y, bad)), 'not_finite')
  }
  assert.equal(codeOf(curvePoint(curve, 99)), 'out_of_range')
  assert.equal(codeOf(curvePoint(curve, 0, { days: 0 })), 'out_of_range')
  assert.equal(codeOf(curvePoint(curve, 0, { costs: { falsePositive: 0, falseNegative: 0 } })), 'out_of_range')
  assert.equal(codeOf(curvePoint(curve, 0, { costs: { falsePositive: NaN, falseNegative: 0 } })), 'out_of_range')
})

test('an end that lies exactly on the threshold asks', () => {
  assert.deepEqual([actOrAsk(0.1, 0.3, 0.1), actOrAsk(0.05, 0.1, 0.1)], ['ask', 'ask'])
})

test('of points that cost the same the strictest is taken', () => {
  const flat = answered(thresholdCurve(Float64Array.of(0.9, 0.8, 0.7), Uint8Array.of(1, 0, 1)))
  const found = answered(cheapestPoint(flat, { costs: { falsePositive: 1, falseNegative: 1 } }))
  assert.deepEqual([found.threshold, found.cost], [0.9, 1])
})
