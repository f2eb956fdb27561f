import { calibrate } from '../calibration/calibrator.ts'
import { fitPlatt } from '../calibration/platt.ts'
import { fitVennAbers } from '../calibration/venn-abers.ts'
import { logit } from '../model/sigmoid.ts'
import type { Refusal } from '../refusal.ts'

/** Cases that a version was not fitted on: what it said of each, and what became of it. */
export interface KnownScores {
  /** In [0, 1]. */
  readonly p: Float64Array
  /** 0 or 1 per score, same order. */
  readonly y: Uint8Array
}

/**
 * The chances by which the plan of a record is made. Sigmoid calibration where it can be fitted: the steps of Venn-Abers are wider
 * than the region in question when rows are few, and shrink what lies at the edge, so that a plan by them is too small by a factor
 * of two to ten at a hundred rows. A plan that is too loose is caught by its margin of three and of eight; one that is too strict
 * costs a quarter. Venn-Abers where the sigmoid is refused (one class alone, a score that does not rank).
 * @param asked scores in [0, 1]
 * @returns chances of class 1 in [0, 1], one per score asked, or why neither could be fitted (`empty`, `not_finite`, ...)
 * @see Platt 1999; docs/certificates.md
 */
export function plannedChances({ p, y }: KnownScores, asked: Float64Array): Float64Array | Refusal {
  const sigmoid = fitPlatt(p.map(logit), y)
  if (sigmoid.ok) return calibrate(sigmoid, asked.map(logit))
  const steps = fitVennAbers(p, y)
  return steps.ok ? calibrate(steps, asked) : steps
}
