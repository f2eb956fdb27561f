import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutInterval } from '@surety/contract'
import { fitVennAbers, predictVennAbers, rng } from '@surety/stats'
import { buildCalibrator, stepsOf } from '../../manage/autonomy/build-calibrator.ts'
import { toCalibration } from '../../manage/autonomy/calibrator-body.ts'
import { autonomyWith, boundedItem, noon, snapshotWith } from '../decide/testing/bounded-item.ts'
import type { Calibration } from '../item.ts'
import { boundsOf, interval } from './interval.ts'

const calibrator: Calibration = {
  version: 4,
  size: 200,
  score: 0.97,
  scores: Float64Array.of(0.2, 0.5, 0.8),
  p0: Float64Array.of(0.1, 0.4, 0.7),
  p1: Float64Array.of(0.25, 0.55, 0.85),
  radii: [0.4, 0.6, null],
  limits: [0.6, 0.7],
  refreshedAt: noon.getTime(),
}
const lowerAndUpper = (p: number) => {
  const { lower, upper } = boundsOf(calibrator, p)
  return [lower, upper]
}

test('on a calibrated score both bounds are its own; between two the lower is from below and the upper from above', () => {
  assert.deepEqual(lowerAndUpper(0.5), [0.4, 0.55])
  assert.deepEqual(lowerAndUpper(0.6), [0.4, 0.85])
  assert.deepEqual(lowerAndUpper(0.1), [0, 0.25])
  assert.deepEqual(lowerAndUpper(0.9), [0.7, 1])
})

test('everything that is reported comes from the calibrator', () => {
  const found = boundsOf(calibrator, 0.5)
  assert.deepEqual(
    [found.method, found.level, found.calibrationSize, found.calibrationScore, found.calibrator, found.reason],
    ['venn_abers', null, 200, 0.97, 4, null],
  )
  assert.deepEqual(found.radii, [0.4, 0.6, null])
  assert.ok(Math.abs(found.calibrated! - 0.55 / (1 - 0.4 + 0.55)) < 1e-15)
})

test('a label is plausible up to its own limit, and always where there is none', () => {
  const set = (p: number, limits: Calibration['limits']) => boundsOf({ ...calibrator, limits }, p).labelSet
  assert.deepEqual([set(0.65, [0.6, 0.7]), set(0.1, [0.6, 0.7]), set(0.5, [0.6, 0.7])], [2, 1, 3])
  assert.equal(set(0.5, [0.4, 0.4]), 0)
  assert.equal(set(0.5, [null, null]), 3)
  assert.equal(set(0.6, [0.6, 0]), 1)
  assert.equal(set(0.5, [0, 0.5]), 2)
})

test('without a calibrator and without a probability the answer says why, and is never an error', () => {
  const asked = [boundedItem({ p: 0.5 }), boundedItem({ p: null })]
  const without = interval(asked, snapshotWith(autonomyWith()))
  assert.deepEqual(
    without.map(item => item.interval),
    [withoutInterval('no_calibration'), withoutInterval('no_score')],
  )
  const withOne = interval(asked, snapshotWith(autonomyWith({ calibration: calibrator })))
  assert.deepEqual(
    withOne.map(item => item.interval),
    [boundsOf(calibrator, 0.5), withoutInterval('no_score')],
  )
})

test('the stored steps answer what the whole curve answers, on, between and beyond its scores', () => {
  const draw = rng('steps')
  for (let world = 0; world < 20; world++) {
    const n = 30 + draw.int(200)
    const p = Float64Array.from({ length: n }, () => Math.round(draw.uniform() * 50) / 50)
    const y = Uint8Array.from(p, one => (draw.uniform() < one ? 1 : 0))
    const fit = fitVennAbers(p, y)
    assert.ok(fit.ok)
    const steps = stepsOf(fit)
    const thin = {
      ...calibrator,
      scores: Float64Array.from(steps.scores),
      p0: Float64Array.from(steps.p0),
      p1: Float64Array.from(steps.p1),
    }
    const scores = Float64Array.from({ length: 201 }, (_, k) => k / 200)
    const whole = predictVennAbers(fit, scores)
    for (const [k, score] of scores.entries()) {
      const found = boundsOf(thin, score)
      assert.deepEqual([found.lower, found.upper, found.calibrated], [whole.p0[k], whole.p1[k], whole.p[k]])
    }
  }
})

test('facts 41 and 42 through the stage: 40 rows at .9 with 38 positives; 30 negatives at .1', () => {
  const rows = (n: number, probability: number, positives: number) =>
    Array.from({ length: n }, (_, k) => {
      return { probability, label: k < positives ? (1 as const) : (0 as const), source: 'live' }
    })
  const boundsAt = (all: ReturnType<typeof rows>, p: number) => {
    const built = buildCalibrator(all)
    assert.ok(built.ok)
    const found = boundsOf(toCalibration({ version: 1, n: built.n, builtAt: noon, body: built.body }), p)
    return [found.lower, found.upper].map(bound => Math.round(bound! * 1e6) / 1e6)
  }
  assert.deepEqual(boundsAt(rows(40, 0.9, 38), 0.9), [0.926829, 0.95122])
  assert.deepEqual(boundsAt(rows(30, 0.1, 0), 0.1), [0, 0.032258])
  assert.deepEqual(boundsAt(rows(30, 0.1, 0), 0.9), [0, 1])
})
