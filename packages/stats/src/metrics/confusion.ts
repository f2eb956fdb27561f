import { clopperPearson } from '../intervals/clopper-pearson.ts'
import type { ShareInterval } from '../intervals/share-interval.ts'
import { checkScored } from '../labels.ts'
import { checkLevel } from '../level.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { type Figure, ratio } from './figure.ts'

/** Rows by what was said and what was so. Whole numbers. */
export interface ConfusionCounts {
  readonly truePositives: number
  readonly falsePositives: number
  readonly trueNegatives: number
  readonly falseNegatives: number
}

/** What a threshold did on labelled rows. A figure whose denominator is 0 is refused by itself; the others stand. */
export interface Confusion extends ConfusionCounts {
  readonly ok: true
  readonly threshold: number
  readonly n: number
  readonly level: number
  readonly method: 'clopper_pearson'
  /** TP/(TP + FP): of the alerts, the share that was right. */
  readonly precision: ShareInterval | Refusal
  /** TP/(TP + FN): of class 1, the share that was found. */
  readonly recall: ShareInterval | Refusal
  /** FP/(FP + TN): of class 0, the share that was alerted. Not 1 - precision. */
  readonly falsePositiveRate: ShareInterval | Refusal
  readonly accuracy: ShareInterval | Refusal
  readonly f1: Figure | Refusal
  /** Matthews correlation, -1 to 1. */
  readonly mcc: Figure | Refusal
  /** Cohen's kappa: agreement beyond chance, at most 1. */
  readonly kappa: Figure | Refusal
}

/**
 * Confusion counts and their figures at `score >= threshold`.
 * @param scores    one finite number per row
 * @param y         0 or 1 per row, same order
 * @param threshold finite; rows with a score equal to it are alerts
 * @param level     coverage of the Clopper-Pearson intervals
 * @returns         or `empty`, `not_finite`, `out_of_range`
 * @see fixture by scikit-learn
 * @example confusion(Float64Array.of(0.2, 0.5, 0.9), Uint8Array.of(0, 0, 1), 0.5) // precision.value 0.5, recall.value 1
 */
export function confusion(scores: Float64Array, y: Uint8Array, threshold: number, level = 0.95): Confusion | Refusal {
  const counts = checkScored(scores, y)
  if ('ok' in counts) return counts
  if (!Number.isFinite(threshold)) return refuse('not_finite', 0, 1, `the threshold must be finite, got ${threshold}`)
  let truePositives = 0
  let alerts = 0
  for (let i = 0; i < counts.n; i++) {
    if (scores[i]! >= threshold) {
      alerts++
      truePositives += y[i]!
    }
  }
  const falsePositives = alerts - truePositives
  return confusionFigures(
    {
      truePositives,
      falsePositives,
      trueNegatives: counts.negatives - falsePositives,
      falseNegatives: counts.positives - truePositives,
    },
    threshold,
    level,
  )
}

/**
 * The same from counts already made.
 * @returns or `empty`, `out_of_range`
 */
export function confusionFigures(counts: ConfusionCounts, threshold: number, level = 0.95): Confusion | Refusal {
  const problem = checkLevel(level)
  if (problem) return problem
  const { truePositives: tp, falsePositives: fp, trueNegatives: tn, falseNegatives: fn } = counts
  for (const count of [tp, fp, tn, fn]) {
    if (!(Number.isSafeInteger(count) && count >= 0)) {
      return refuse('out_of_range', Number.isFinite(count) ? count : 0, 0, `counts are whole numbers, got ${count}`)
    }
  }
  const n = tp + fp + tn + fn
  if (n === 0) return refuse('empty', 0, 1, 'no rows')
  const chance = ((tp + fp) / n) * ((tp + fn) / n) + ((fn + tn) / n) * ((fp + tn) / n)
  // Multiplied as roots: the product of four counts of 1e6 would be past the whole numbers of a double.
  const product = Math.sqrt(tp + fp) * Math.sqrt(tp + fn) * Math.sqrt(tn + fp) * Math.sqrt(tn + fn)
  return {
    ok: true,
    ...counts,
    threshold,
    n,
    level,
    method: 'clopper_pearson',
    precision: clopperPearson(tp, tp + fp, level),
    recall: clopperPearson(tp, tp + fn, level),
    falsePositiveRate: clopperPearson(fp, fp + tn, level),
    accuracy: clopperPearson(tp + tn, n, level),
    f1: ratio(2 * tp, 2 * tp + fp + fn, n, 'no row of class 1 and no alert'),
    mcc:
      product > 0
        ? { ok: true, value: (tp * tn - fp * fn) / product, n }
        : refuse('constant', 1, 2, 'one class only, or the same answer for every row'),
    kappa:
      chance < 1
        ? { ok: true, value: ((tp + tn) / n - chance) / (1 - chance), n }
        : refuse('constant', 1, 2, 'one class only and one answer only'),
  }
}
