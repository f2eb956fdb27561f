import { type Interval, type Score, withoutInterval } from '@surety/contract'
import { labelScore, vennAbersPoint } from '@surety/stats'
import type { Bounded, Calibration, Scored, Snapshot } from '../item.ts'

const uncalibrated = withoutInterval('no_calibration')
const unscored = withoutInterval('no_score')

/**
 * Puts bounds on each probability, and on that of the version that is acted on by a calibrator of its own. Never an error: without
 * a calibrator every answer says `no_calibration`.
 */
export function interval(items: readonly Scored[], snapshot: Snapshot): readonly Bounded[] {
  return items.map(item => {
    const { calibration, acting } = snapshot.autonomy(item.raw.tenant, item.question)
    return {
      ...item,
      interval: bounded(item.score, calibration),
      acting: item.acting && { ...item.acting, interval: bounded(item.acting.score, acting?.calibration ?? null) },
    }
  })
}

const bounded = ({ probability }: Score, calibration: Calibration | null): Interval =>
  probability === null ? unscored : calibration === null ? uncalibrated : boundsOf(calibration, probability)

/**
 * Venn-Abers bounds by two binary searches, and beside them what is reported only.
 * @param p the model's own probability, 0..1
 * @see Vovk, Petej & Fedorova 2015 (arXiv 1511.00213); Vovk 2003 (Mondrian sets)
 */
export function boundsOf(calibration: Calibration, p: number): Interval {
  const { scores, limits } = calibration
  const at = firstAtLeast(scores, p)
  const upper = at < scores.length ? calibration.p1[at]! : 1
  const below = at < scores.length && scores[at] === p ? at : at - 1
  const lower = below >= 0 ? calibration.p0[below]! : 0
  const zero = limits[0] === null || labelScore(p, 0) <= limits[0] ? 1 : 0
  const one = limits[1] === null || labelScore(p, 1) <= limits[1] ? 2 : 0
  return {
    lower,
    upper,
    level: null,
    method: 'venn_abers',
    calibrationSize: calibration.size,
    calibrated: vennAbersPoint(lower, upper),
    calibrationScore: calibration.score,
    calibrator: calibration.version,
    labelSet: (zero | one) as 0 | 1 | 2 | 3,
    radii: calibration.radii,
    reason: null,
  }
}

/** Index of the first value at or above x in an ascending list; its length where there is none. */
function firstAtLeast(values: Float64Array, x: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (values[middle]! < x) low = middle + 1
    else high = middle
  }
  return low
}
