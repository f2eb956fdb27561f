import { type Refusal, refuse } from '../refusal.ts'

/** A candidate with its loss on each fold, folds in the same order for all. */
export interface FoldLosses {
  /** Smaller is simpler (parameters, leaves). */
  readonly size: number
  readonly losses: readonly number[]
}

/** Which candidate is taken, and which was the best by mean. */
export interface OneStandardError {
  readonly ok: true
  readonly chosen: number
  readonly best: number
  readonly meanLosses: readonly number[]
}

/**
 * One-standard-error rule, paired: the smallest candidate whose mean excess over the best one, fold by fold, is at most one
 * standard error of that excess. Folds differ in difficulty more than models do, so unpaired errors would let far worse
 * models pass. Equal sizes: the lower mean loss.
 * @returns or `empty`, `too_few` (under 2 folds), `not_finite`
 * @throws RangeError candidates with different numbers of folds
 * @see Breiman et al. 1984; Hastie, Tibshirani & Friedman 7.10
 */
export function oneStandardError(candidates: readonly FoldLosses[]): OneStandardError | Refusal {
  if (candidates.length === 0) return refuse('empty', 0, 1, 'no candidates')
  const folds = candidates[0]!.losses.length
  if (candidates.some(({ losses }) => losses.length !== folds)) throw new RangeError('candidates differ in folds')
  if (folds < 2) return refuse('too_few', folds, 2, 'a standard error needs two folds')
  if (!candidates.every(({ size, losses }) => Number.isFinite(size) && losses.every(Number.isFinite))) {
    return refuse('not_finite', 0, 1, 'a loss or a size is not a finite number')
  }
  const meanLosses = candidates.map(({ losses }) => mean(losses))
  let best = 0
  meanLosses.forEach((loss, k) => {
    if (loss < meanLosses[best]!) best = k
  })
  let chosen = best
  candidates.forEach(({ size, losses }, k) => {
    const excess = losses.map((loss, fold) => loss - candidates[best]!.losses[fold]!)
    const middle = mean(excess)
    const squares = excess.reduce((sum, value) => sum + (value - middle) ** 2, 0)
    if (middle > Math.sqrt(squares / (folds - 1) / folds)) return
    const current = candidates[chosen]!.size
    if (size < current || (size === current && meanLosses[k]! < meanLosses[chosen]!)) chosen = k
  })
  return { ok: true, chosen, best, meanLosses }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
