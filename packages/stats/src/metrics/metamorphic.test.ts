import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { curvePoint, thresholdCurve } from '../thresholds/threshold-curve.ts'
import { aucInterval } from './auc-interval.ts'
import { averagePrecision } from './average-precision.ts'
import { calibrationWalk } from './calibration-walk.ts'
import { cardPrecision } from './card-precision.ts'
import { confusion } from './confusion.ts'
import { delongPaired } from './delong-paired.ts'
import { precisionAtRecall } from './precision-at-recall.ts'
import { rocAuc } from './roc-auc.ts'
import { spiegelhalter } from './spiegelhalter.ts'
import { gainCurve, topK } from './top-k.ts'

interface World {
  readonly p: Float64Array
  readonly other: Float64Array
  readonly y: Uint8Array
  readonly who: Uint32Array
  readonly day: Int32Array
}

/** Worlds with many ties, odd sizes and rare classes. */
const worlds: readonly World[] = Array.from({ length: 12 }, (_, k) => {
  const draw = rng(`metamorphic ${k}`)
  const steps = [3, 20, 1000][k % 3]!
  const p = Float64Array.from({ length: 41 + 37 * k }, () => draw.int(steps) / steps)
  const y = Uint8Array.from(p, value => (draw.uniform() < 0.05 + 0.8 * value ? 1 : 0))
  y.set([0, 1])
  return {
    p,
    y,
    other: p.map(value => (value + draw.int(steps) / steps) / 2),
    who: Uint32Array.from(p, () => draw.int(20)),
    day: Int32Array.from(p, () => draw.int(3)),
  }
})

/** Every figure that does not depend on the order of the rows. */
const figures = ({ p, other, y, who, day }: World): number[] => {
  const at = answered(confusion(p, y, 0.5))
  const top = answered(topK(p, y, 11))
  const walk = answered(calibrationWalk(p, y))
  const curve = answered(thresholdCurve(p, y))
  return [
    answered(rocAuc(p, y)).value,
    answered(aucInterval(p, y)).lower,
    answered(averagePrecision(p, y)).value,
    at.truePositives,
    at.falsePositives,
    top.hits,
    answered(precisionAtRecall(p, y, 0.5)).value,
    answered(gainCurve(p, y)).area,
    answered(spiegelhalter(p, y)).statistic,
    walk.kolmogorov.statistic,
    walk.kuiper.statistic,
    answered(cardPrecision(p, y, who, day, 4)).value,
    answered(curvePoint(curve, 0)).alerts,
    ...(Math.min(at.truePositives + at.falseNegatives, at.falsePositives + at.trueNegatives) >= 10
      ? [answered(delongPaired(p, other, y)).difference]
      : []),
  ]
}

test('6.11: the order of the rows changes no figure', () => {
  for (const world of worlds) {
    const draw = rng(world.p.length)
    const order = Array.from(world.p, (_, i) => i)
    for (let i = order.length - 1; i > 0; i--) {
      const j = draw.int(i + 1)
      ;[order[i], order[j]] = [order[j]!, order[i]!]
    }
    const shuffled = figures({
      p: Float64Array.from(order, i => world.p[i]!),
      other: Float64Array.from(order, i => world.other[i]!),
      y: Uint8Array.from(order, i => world.y[i]!),
      who: Uint32Array.from(order, i => world.who[i]!),
      day: Int32Array.from(order, i => world.day[i]!),
    })
    // 1e-11: sums in another order.
    figures(world).forEach((value, k) => {
      assert.ok(Math.abs(value - shuffled[k]!) <= 1e-11, `figure ${k}`)
    })
  }
})

test('6.11: a strictly rising map of the scores changes no rank figure', () => {
  for (const { p, other, y } of worlds) {
    const mapped = p.map(value => 7 * value ** 3 - 4)
    assert.equal(answered(rocAuc(mapped, y)).value, answered(rocAuc(p, y)).value)
    assert.equal(answered(averagePrecision(mapped, y)).value, answered(averagePrecision(p, y)).value)
    assert.equal(answered(topK(mapped, y, 9)).hits, answered(topK(p, y, 9)).hits)
    assert.equal(answered(precisionAtRecall(mapped, y, 0.7)).value, answered(precisionAtRecall(p, y, 0.7)).value)
    assert.deepEqual(answered(gainCurve(mapped, y)), answered(gainCurve(p, y)))
    const [one, two] = [delongPaired(mapped, other, y), delongPaired(p, other, y)]
    assert.deepEqual(one, two)
    const counts = (scores: Float64Array) => {
      const { truePositives, falsePositives } = answered(thresholdCurve(scores, y))
      return [truePositives, falsePositives]
    }
    assert.deepEqual(counts(mapped), counts(p))
  }
})

test('6.11: every row twice keeps the figures and halves the variances', () => {
  for (const { p, other, y } of worlds) {
    const twice = (values: Float64Array) => Float64Array.of(...values, ...values)
    const labels = Uint8Array.of(...y, ...y)
    assertClose(answered(rocAuc(twice(p), labels)).value, answered(rocAuc(p, y)).value, 1e-13)
    assertClose(answered(averagePrecision(twice(p), labels)).value, answered(averagePrecision(p, y)).value, 1e-13)
    assertClose(answered(topK(twice(p), labels, 18)).precision, answered(topK(p, y, 9)).precision, 1e-12)
    const [z, doubled] = [answered(spiegelhalter(p, y)), answered(spiegelhalter(twice(p), labels))]
    assert.ok(Math.abs(doubled.statistic - Math.SQRT2 * z.statistic) <= 1e-9)
    const paired = delongPaired(p, other, y)
    if (!paired.ok) continue
    const both = answered(delongPaired(twice(p), twice(other), labels))
    assert.ok(Math.abs(both.difference - paired.difference) <= 1e-13)
    // Divisor m - 1 against 2m - 1 of each class: within 1/(m - 1) of one half.
    const smaller = Math.min(paired.positives, paired.n - paired.positives)
    const ratio = both.varianceA / paired.varianceA
    assert.ok(ratio <= 0.5 && ratio >= 0.5 - 0.5 / (smaller - 1), `${ratio}`)
  }
})

test('6.11: swapping the classes mirrors', () => {
  for (const { p, y } of worlds) {
    const [flipped, swapped] = [p.map(value => 1 - value), y.map(label => 1 - label)]
    assertClose(answered(rocAuc(p, swapped)).value, 1 - answered(rocAuc(p, y)).value, 1e-12)
    assertClose(answered(rocAuc(flipped, swapped)).value, answered(rocAuc(p, y)).value, 1e-12)
    const [z, mirrored] = [answered(spiegelhalter(p, y)), answered(spiegelhalter(flipped, swapped))]
    assert.ok(Math.abs(z.statistic - mirrored.statistic) <= 1e-9)
    const [at, turned] = [answered(confusion(p, y, 0.4999)), answered(confusion(flipped, swapped, 0.5001))]
    assert.equal(turned.truePositives, at.trueNegatives)
    assert.equal(turned.falsePositives, at.falseNegatives)
    const mcc = [at.mcc, turned.mcc].map(figure => (figure.ok ? figure.value : 0))
    assertClose(mcc[1]!, mcc[0]!, 1e-12)
  }
})
