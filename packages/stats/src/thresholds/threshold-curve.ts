import { checkScored } from '../labels.ts'
import { type Confusion, confusionFigures } from '../metrics/confusion.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { ascendingOrder } from '../sort-order.ts'

/** Counts at every distinct score: all there is to know about every threshold. Point k alerts on `score >= thresholds[k]`. */
export interface ThresholdCurve {
  readonly ok: true
  /** Distinct scores, descending. */
  readonly thresholds: Float64Array
  /** Alerts that are of class 1, and of class 0, at each threshold. */
  readonly truePositives: Float64Array
  readonly falsePositives: Float64Array
  /** Alerts whose outcome is not known; they are in no rate. */
  readonly unlabelled: Float64Array
  readonly n: number
  readonly positives: number
  readonly negatives: number
}

/**
 * The full curve over distinct scores; a group of equal scores is never cut.
 * @param scores     one finite number per labelled row
 * @param y          0 or 1 per row, same order
 * @param unlabelled scores of rows without outcome, shown beside the others
 * @returns          or `empty`, `not_finite`, `out_of_range`
 * @throws RangeError scores and labels of unequal length
 */
export function thresholdCurve(
  scores: Float64Array,
  y: Uint8Array,
  unlabelled: Float64Array = new Float64Array(),
): ThresholdCurve | Refusal {
  const counts = checkScored(scores, y)
  if ('ok' in counts) return counts
  if (!unlabelled.every(Number.isFinite)) {
    return refuse('not_finite', 0, unlabelled.length, 'a score without outcome is not a finite number')
  }
  const all = new Float64Array(scores.length + unlabelled.length)
  all.set(scores)
  all.set(unlabelled, scores.length)
  const order = ascendingOrder(all)
  const points = { thresholds: [] as number[], hits: [] as number[], misses: [] as number[], open: [] as number[] }
  let [hits, misses, open] = [0, 0, 0]
  for (let end = all.length; end > 0; ) {
    const score = all[order[end - 1]!]!
    while (end > 0 && all[order[end - 1]!]! === score) {
      const row = order[--end]!
      if (row >= scores.length) open++
      else if (y[row] === 1) hits++
      else misses++
    }
    points.thresholds.push(score + 0)
    points.hits.push(hits)
    points.misses.push(misses)
    points.open.push(open)
  }
  return {
    ok: true,
    thresholds: Float64Array.from(points.thresholds),
    truePositives: Float64Array.from(points.hits),
    falsePositives: Float64Array.from(points.misses),
    unlabelled: Float64Array.from(points.open),
    n: counts.n,
    positives: counts.positives,
    negatives: counts.negatives,
  }
}

/** How the figures of a curve are to be shown. */
export interface CurveOptions {
  /** Coverage of the Clopper-Pearson bands, each for its own point; default 0.95. */
  readonly level?: number
  /** Days the rows span, for alerts per day. */
  readonly days?: number
  /** Cost of one wrong alert and of one row of class 1 not alerted. */
  readonly costs?: { readonly falsePositive: number; readonly falseNegative: number }
}

/** One threshold with its figures and bands. */
export interface CurvePoint extends Confusion {
  /** Labelled and unlabelled. */
  readonly alerts: number
  readonly unlabelled: number
  readonly alertsPerDay: number | null
  readonly cost: number | null
}

/**
 * Figures and bands at a point of the curve.
 * @param index 0 to thresholds.length - 1; -1 = the threshold above all scores, at which nothing is alerted
 * @returns     or `out_of_range`
 */
export function curvePoint(curve: ThresholdCurve, index: number, options: CurveOptions = {}): CurvePoint | Refusal {
  const { level = 0.95, days, costs } = options
  if (!(Number.isInteger(index) && index >= -1 && index < curve.thresholds.length)) {
    return refuse('out_of_range', 0, curve.thresholds.length, `the curve has no point ${index}`)
  }
  const problem = checkCurveOptions(options)
  if (problem) return problem
  const truePositives = index < 0 ? 0 : curve.truePositives[index]!
  const falsePositives = index < 0 ? 0 : curve.falsePositives[index]!
  const unlabelled = index < 0 ? 0 : curve.unlabelled[index]!
  const counts = {
    truePositives,
    falsePositives,
    trueNegatives: curve.negatives - falsePositives,
    falseNegatives: curve.positives - truePositives,
  }
  const threshold = index < 0 ? above(curve.thresholds[0]!) : curve.thresholds[index]!
  const figures = confusionFigures(counts, threshold, level)
  if (!figures.ok) return figures
  const alerts = truePositives + falsePositives + unlabelled
  return {
    ...figures,
    alerts,
    unlabelled,
    alertsPerDay: days === undefined ? null : alerts / days,
    cost: costs ? costs.falsePositive * falsePositives + costs.falseNegative * counts.falseNegatives : null,
  }
}

/**
 * Points spread over the curve for drawing: evenly by number of alerts, both ends included.
 * @param most at most so many, at least 2
 */
export function curvePoints(
  curve: ThresholdCurve,
  most = 200,
  options: CurveOptions = {},
): readonly CurvePoint[] | Refusal {
  if (!(Number.isInteger(most) && most >= 2)) return refuse('out_of_range', 0, 2, 'at least 2 points are needed')
  const alerts = (k: number) => curve.truePositives[k]! + curve.falsePositives[k]! + curve.unlabelled[k]!
  const last = curve.thresholds.length - 1
  const chosen: number[] = []
  for (let k = 0, next = 0; k <= last; k++) {
    const due = (alerts(last) * next) / (most - 1)
    if (k !== last && alerts(k) < due) continue
    chosen.push(k)
    next = Math.floor((alerts(k) * (most - 1)) / alerts(last)) + 1
  }
  const points: CurvePoint[] = []
  for (const k of chosen) {
    const point = curvePoint(curve, k, options)
    if (!point.ok) return point
    points.push(point)
  }
  return points
}

/** Position of the point that a threshold means: the last one whose score is still at or above it; -1 = no alert. */
export function pointAt(curve: ThresholdCurve, threshold: number): number {
  let low = 0
  let high = curve.thresholds.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (curve.thresholds[middle]! >= threshold) low = middle + 1
    else high = middle
  }
  return low - 1
}

export function checkCurveOptions({ days, costs }: CurveOptions): Refusal | null {
  if (days !== undefined && !(days > 0 && days < Infinity)) return refuse('out_of_range', 0, 1, 'days must be positive')
  if (!costs) return null
  const { falsePositive, falseNegative } = costs
  if (falsePositive >= 0 && falseNegative >= 0 && falsePositive + falseNegative < Infinity) {
    return falsePositive + falseNegative > 0 ? null : refuse('out_of_range', 0, 1, 'both costs are 0')
  }
  return refuse('out_of_range', 0, 0, 'costs must be finite and not negative')
}

/** A finite number above x. */
function above(x: number): number {
  const next = x + Math.max(1, Math.abs(x)) * 1e-9
  return next < Infinity ? next : x
}
