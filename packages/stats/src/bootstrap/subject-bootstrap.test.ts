import assert from 'node:assert/strict'
import { test } from 'node:test'
import { averagePrecision } from '../metrics/average-precision.ts'
import { brier, brierSkill } from '../metrics/brier.ts'
import { bySegment, pick } from '../metrics/by-segment.ts'
import { logLoss } from '../metrics/log-loss.ts'
import { metricIntervals } from '../metrics/metric-intervals.ts'
import { rocAuc } from '../metrics/roc-auc.ts'
import { rng } from '../rng.ts'
import { allFinite, codeOf, notFinite } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { poissonOne } from './poisson-weights.ts'
import { subjectBootstrap } from './subject-bootstrap.ts'
import {
  weightedAuc,
  weightedAveragePrecision,
  weightedBrier,
  weightedLogLoss,
  weightedMean,
} from './weighted-statistics.ts'

const draw = rng('bootstrap')
const p = Float64Array.from({ length: 200 }, () => draw.int(50) / 50)
const y = Uint8Array.from(p, value => (draw.uniform() < value ? 1 : 0))

test('a row of weight 2 counts as the row twice, a row of weight 0 as absent', () => {
  const weights = Float64Array.from(p, () => draw.int(3))
  const rows = [...weights].flatMap((weight, row) => Array.from({ length: weight }, () => row))
  const repeated = [Float64Array.from(rows, row => p[row]!), Uint8Array.from(rows, row => y[row]!)] as const
  assertClose(weightedAuc(p, y)(weights), answered(rocAuc(...repeated)).value, 1e-12)
  assertClose(weightedAveragePrecision(p, y)(weights), answered(averagePrecision(...repeated)).value, 1e-12)
  assertClose(weightedBrier(p, y)(weights), answered(brier(...repeated)).value, 1e-12)
  assertClose(weightedLogLoss(p, y)(weights), answered(logLoss(...repeated)).value, 1e-12)
})

test('weights are Poisson(1): mean 1, variance 1, 36.8 % zeros', () => {
  const counts = Array.from({ length: 20_000 }, () => poissonOne(draw))
  const mean = counts.reduce((a, b) => a + b) / 20_000
  const variance = counts.reduce((a, b) => a + (b - 1) ** 2, 0) / 20_000
  // 3.7 standard errors: 1/√20000 = .0071 of the mean, √(3/20000) = .0122 of the squares, .0034 of the share.
  assert.ok(Math.abs(mean - 1) < 0.027 && Math.abs(variance - 1) < 0.046)
  assert.ok(Math.abs(counts.filter(count => count === 0).length / 20_000 - Math.exp(-1)) < 0.0127)
})

test('the interval follows the subjects, not the rows', () => {
  // 100 subjects of 20 equal rows each: the mean is as unsure as one of 100 rows.
  const values = Float64Array.from({ length: 100 }, () => draw.uniform())
  const rows = Float64Array.from({ length: 2000 }, (_, i) => values[Math.floor(i / 20)]!)
  const width = (subjects: number[]) => {
    const drawn = answered(subjectBootstrap(subjects, { mean: weightedMean(rows) }, rng(5), { replicates: 800 }))
    const { lower, upper } = answered(drawn.intervals.mean)
    return upper - lower
  }
  const bySubject = width(Array.from(rows, (_, i) => Math.floor(i / 20)))
  const byRow = width(Array.from(rows, (_, i) => i))
  // √20 = 4.47; two interval ends of 800 replicates each are right to about 10 %.
  assert.ok(bySubject / byRow > 3.5 && bySubject / byRow < 5.6, `${bySubject / byRow}`)
  const exact = (2 * 1.96 * Math.sqrt(1 / 12)) / Math.sqrt(100)
  assert.ok(bySubject > 0.75 * exact && bySubject < 1.25 * exact)
})

test('all metrics get an interval around the plain figure, and the same seed gives the same bytes', () => {
  const subjects = Array.from(p, (_, i) => i % 60)
  const once = answered(metricIntervals(p, y, subjects, rng(9), { replicates: 400 }))
  for (const result of Object.values(once.metrics)) {
    const { lower, value, upper } = answered(result)
    assert.ok(lower < value && value < upper)
  }
  assert.equal(answered(once.metrics.auc).value, answered(rocAuc(p, y)).value)
  assertClose(answered(once.metrics.brierSkill).value, answered(brierSkill(p, y)).value, 1e-12)
  assert.deepEqual(metricIntervals(p, y, subjects, rng(9), { replicates: 400 }), once)
  assert.ok(allFinite(once))
})

test('every figure per segment, small segments by their refusal', () => {
  const segments = Array.from(p, (_, i) => (i < 3 ? 'tiny' : i % 2 === 0 ? 'even' : 'odd'))
  const found = bySegment(segments, rows =>
    metricIntervals(pick(p, rows), pick(y, rows), rows, rng(1), { replicates: 200 }),
  )
  assert.deepEqual(
    found.map(({ segment, rows, result }) => [segment, rows, codeOf(result)]),
    [
      ['even', 98, 'answered'],
      ['odd', 99, 'answered'],
      ['tiny', 3, 'too_few'],
    ],
  )
})

test('a class that is often not drawn, few subjects, few replicates and bad input are refused', () => {
  const rare = Uint8Array.from(p, (_, i) => (i === 0 ? 1 : 0))
  const each = Array.from(p, (_, i) => i)
  const some = answered(metricIntervals(p, rare, each, rng(2), { replicates: 200 }))
  assert.equal(codeOf(some.metrics.auc), 'too_few')
  assert.equal(codeOf(some.metrics.brier), 'answered')
  assert.equal(codeOf(metricIntervals(p, y, new Array(200).fill(4), rng(2))), 'too_few')
  assert.equal(codeOf(metricIntervals(p, y, each, rng(2), { replicates: 20 })), 'too_few')
  assert.equal(codeOf(metricIntervals(p, y, each, rng(2), { level: 1 })), 'out_of_range')
  assert.equal(codeOf(metricIntervals(p, y, each, rng(2), { tick: done => done < 100 })), 'stopped')
  assert.equal(codeOf(metricIntervals(new Float64Array(), new Uint8Array(), [], rng(2))), 'empty')
  for (const bad of notFinite) {
    assert.equal(codeOf(metricIntervals(bad, Uint8Array.of(0, 1, 1), [1, 2, 3], rng(2))), 'not_finite')
  }
})

/** A statistic that is 1, 2, 3 … from replicate to replicate, and does not exist in the first few. */
const counted = (missing = 0) => {
  let calls = 0
  return () => (++calls <= missing ? NaN : calls)
}
const tenSubjects = Array.from({ length: 10 }, (_, i) => i)

test('the ends are whole ranks from either end: of 199 replicates at 90 % the tenth', () => {
  const drawn = answered(subjectBootstrap(tenSubjects, { counted: counted() }, rng(3), { replicates: 199, level: 0.9 }))
  const { lower, upper } = answered(drawn.intervals.counted)
  assert.deepEqual([lower, upper], [10, 190])
})

test('one replicate in a hundred may be undefined and no more; ten subjects are enough and nine are not', () => {
  const code = (missing: number) =>
    codeOf(
      answered(subjectBootstrap(tenSubjects, { counted: counted(missing) }, rng(3), { replicates: 200, level: 0.9 }))
        .intervals.counted,
    )
  assert.deepEqual([code(2), code(3)], ['answered', 'too_few'])
  assert.equal(codeOf(subjectBootstrap(tenSubjects.slice(1), { counted: counted() }, rng(3))), 'too_few')
})
