import { type DomainOptions, domainClassifier } from '../drift/domain-classifier.ts'
import type { Design } from '../model/design.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Rng } from '../rng.ts'
import { cbpe, fitLabelFree, type LabelFreePerformance } from './cbpe.ts'

/** Rows with the score and the decision each got. */
export interface ScoredWindow {
  readonly design: Design
  readonly scores: Float64Array
  readonly decisions: Uint8Array
}

/** The same with its outcomes. */
export interface LabelledWindow extends ScoredWindow {
  readonly y: Uint8Array
}

/** Fewest reference rows, after weighting, that speak for a window. */
export const leastEffectiveRows = 200

/**
 * PAPE: CBPE with the reference weighted to look like the window, so that the probabilities are right for the inputs the
 * window has. A domain classifier gives the weights. Better than CBPE where inputs move that the model does not see; not
 * always better, since weights cost sample size: show both. As blind to a change of the concept as CBPE.
 * @param reference labelled rows
 * @param window    at least 100 rows, encoded like the reference
 * @param draw      folds of the domain classifier
 * @returns or what `domainClassifier`, `fitLabelFree` and `cbpe` refuse, and `low_overlap` (fewer than 200 effective rows)
 * @throws RangeError designs encoded differently, arrays of unequal length
 * @see Białek et al. 2024 (arXiv 2401.08348)
 */
export function pape(
  reference: LabelledWindow,
  window: ScoredWindow,
  draw: Rng,
  options: Pick<DomainOptions, 'folds' | 'learner' | 'subjects' | 'tick'> = {},
): LabelFreePerformance | Refusal {
  if (reference.design.rows !== reference.scores.length || window.design.rows !== window.scores.length)
    throw new RangeError('a design and its scores differ in length')
  const domain = domainClassifier(reference.design, window.design, draw, options)
  if (!domain.ok) return domain
  const fitted = fitLabelFree(reference.scores, reference.y, reference.decisions, domain.referenceWeights)
  if (!fitted.ok) return fitted
  if (fitted.effectiveRows < leastEffectiveRows)
    return refuse('low_overlap', fitted.effectiveRows, leastEffectiveRows, 'reference rows that look like the window')
  return cbpe(fitted, window.scores, window.decisions, 'pape')
}
