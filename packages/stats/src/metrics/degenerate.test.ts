import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMeansAlways } from '../experiments/compare-means.ts'
import { cuped } from '../experiments/cuped.ts'
import { summarise } from '../experiments/sample-summary.ts'
import { welch } from '../experiments/welch.ts'
import { pairedBootstrap } from '../promotion/paired-bootstrap.ts'
import { rng } from '../rng.ts'
import { timeFolds } from '../search/time-folds.ts'
import { allFinite } from '../testing/awkward.ts'
import { degenerate } from '../testing/degenerate.ts'
import { capacityPoint, cheapestPoint } from '../thresholds/chosen-threshold.ts'
import { thresholdImpact } from '../thresholds/impact.ts'
import { curvePoints, thresholdCurve } from '../thresholds/threshold-curve.ts'
import { aucInterval } from './auc-interval.ts'
import { averagePrecision } from './average-precision.ts'
import { brierSkill } from './brier.ts'
import { calibrationErrorTest } from './calibration-error-test.ts'
import { calibrationLine } from './calibration-line.ts'
import { calibrationWalk } from './calibration-walk.ts'
import { cardPrecision } from './card-precision.ts'
import { confusion } from './confusion.ts'
import { delongPaired } from './delong-paired.ts'
import { expectedCalibrationError } from './expected-calibration-error.ts'
import { logLoss } from './log-loss.ts'
import { metricIntervals } from './metric-intervals.ts'
import { precisionAtRecall } from './precision-at-recall.ts'
import { rocAuc } from './roc-auc.ts'
import { spiegelhalter } from './spiegelhalter.ts'
import { gainCurve, topK } from './top-k.ts'

const each = (y: Uint8Array) => Uint32Array.from(y, (_, i) => i)
const quick = { replicates: 60 }
const costs = { falsePositive: 1, falseNegative: 3 }

/** Whatever takes scores and labels, by name. */
const functions: Readonly<Record<string, (scores: Float64Array, y: Uint8Array) => unknown>> = {
  rocAuc,
  aucInterval,
  averagePrecision,
  brierSkill,
  logLoss,
  calibrationLine,
  expectedCalibrationError,
  calibrationErrorTest: (s, y) => calibrationErrorTest(s, y, rng(1), 'equal_mass', 15, 20),
  calibrationWalk,
  spiegelhalter,
  confusion: (s, y) => confusion(s, y, 0.5),
  topK: (s, y) => topK(s, y, 1),
  gainCurve,
  precisionAtRecall: (s, y) => precisionAtRecall(s, y, 0.5),
  cardPrecision: (s, y) => cardPrecision(s, y, each(y), new Int32Array(y.length), 3),
  delongPaired: (s, y) => delongPaired(s, s, y),
  metricIntervals: (s, y) => metricIntervals(s, y, each(y), rng(1), quick),
  pairedBootstrap: (s, y) => pairedBootstrap(s, s, y, each(y), rng(1), quick),
  thresholdCurve,
  curvePoints: (s, y) => onCurve(s, y, curve => curvePoints(curve, 10, { costs, days: 2 })),
  thresholdImpact: (s, y) => onCurve(s, y, curve => thresholdImpact(curve, 0.9, 0.1, { costs, days: 2 })),
  cheapestPoint: (s, y) => onCurve(s, y, curve => cheapestPoint(curve, { costs })),
  capacityPoint: (s, y) => onCurve(s, y, curve => capacityPoint(curve, 5, { days: 2 })),
  welch: (s, y) => welch(s, Float64Array.from(y)),
  compareMeansAlways: (s, y) => {
    const [a, b] = [summarise(s), summarise(Float64Array.from(y))]
    return a.ok && b.ok ? compareMeansAlways(a, b) : a
  },
  cuped: (s, y) => cuped(s, Float64Array.from(y)),
  timeFolds: (s, y) => timeFolds(s, y, { gap: 0.1 }),
}

function onCurve(
  scores: Float64Array,
  y: Uint8Array,
  next: (curve: Extract<ReturnType<typeof thresholdCurve>, { ok: true }>) => unknown,
): unknown {
  const curve = thresholdCurve(scores, y)
  return curve.ok ? next(curve) : curve
}

for (const [name, run] of Object.entries(functions)) {
  test(`6.12: ${name} answers or refuses degenerate input, never NaN, and leaves its input as it was`, () => {
    for (const { name: what, scores, y } of degenerate) {
      const before = [new Uint8Array(scores.slice().buffer), y.slice()]
      const result = run(scores, y)
      assert.ok(allFinite(result), `${what}: ${JSON.stringify(result)}`)
      assert.deepEqual([new Uint8Array(scores.slice().buffer), y.slice()], before, what)
    }
  })
}
