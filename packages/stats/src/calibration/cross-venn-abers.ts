import { type Refusal, refuse } from '../refusal.ts'
import { fitVennAbers, predictVennAbers, type VennAbers } from './venn-abers.ts'

/** Several Venn-Abers predictors, one per fold, merged into one answer. */
export interface CrossVennAbers {
  readonly ok: true
  readonly folds: readonly VennAbers[]
  readonly n: number
  readonly method: 'cross_venn_abers'
}

/** The merged point of each row, and the widest bounds any fold gave it. */
export interface CrossVennAbersBatch {
  readonly p: Float64Array
  /** Smallest p0 of the folds. */
  readonly lower: Float64Array
  /** Largest p1 of the folds. */
  readonly upper: Float64Array
}

/** One fold: scores of its rows by the model fitted on the other folds, and their labels. */
export interface CalibrationFold {
  readonly scores: Float64Array
  readonly y: Uint8Array
}

/**
 * Cross Venn-Abers: usually a smaller loss than one split, without the exact promise of the inductive one.
 * @param folds 2 or more (5 to 10 are usual), each scored by the model that has not seen it
 * @returns     or `too_few` folds, or the refusal of the first fold that cannot be fitted
 * @see Vovk, Petej & Fedorova 2015 (arXiv 1511.00213), section 4
 */
export function fitCrossVennAbers(folds: readonly CalibrationFold[]): CrossVennAbers | Refusal {
  if (folds.length < 2) return refuse('too_few', folds.length, 2, 'cross Venn-Abers needs at least two folds')
  const fitted: VennAbers[] = []
  for (const fold of folds) {
    const fit = fitVennAbers(fold.scores, fold.y)
    if (!fit.ok) return fit
    fitted.push(fit)
  }
  const n = fitted.reduce((sum, fit) => sum + fit.n, 0)
  return { ok: true, folds: fitted, n, method: 'cross_venn_abers' }
}

/**
 * Merged probabilities: p = GM(p1)/(GM(1 - p0) + GM(p1)) with geometric means over the folds.
 * @param scores one array per fold, in the order of the folds: the new rows scored by that fold's model
 * @throws RangeError another number of arrays than folds, or arrays of unequal length
 */
export function predictCrossVennAbers(cross: CrossVennAbers, scores: readonly Float64Array[]): CrossVennAbersBatch {
  const k = cross.folds.length
  const rows = scores[0]?.length ?? 0
  if (scores.length !== k || scores.some(column => column.length !== rows)) {
    throw new RangeError(`${k} score arrays of equal length are needed, one per fold`)
  }
  const logOdds = new Float64Array(rows)
  const lower = new Float64Array(rows).fill(1)
  const upper = new Float64Array(rows)
  cross.folds.forEach((fold, f) => {
    const { p0, p1 } = predictVennAbers(fold, scores[f]!)
    for (let i = 0; i < rows; i++) {
      // p1 > 0 and p0 < 1 always, because the added row counts.
      logOdds[i]! += (Math.log(p1[i]!) - Math.log1p(-p0[i]!)) / k
      lower[i] = Math.min(lower[i]!, p0[i]!)
      upper[i] = Math.max(upper[i]!, p1[i]!)
    }
  })
  return { p: logOdds.map(z => 1 / (1 + Math.exp(-z))), lower, upper }
}
