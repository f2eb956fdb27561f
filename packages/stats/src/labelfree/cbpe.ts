import { fitIsotonic, type Isotonic, isotonicOfGroups, predictIsotonic } from '../calibration/isotonic.ts'
import { effectiveSampleSize } from '../conformal/weighted.ts'
import { checkTwoClasses } from '../labels.ts'
import { ratio } from '../metrics/figure.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { scoreGroups } from '../score-groups.ts'
import { normalPpf } from '../special/normal.ts'
import { aucVariancePerRow } from './auc-variance.ts'
import { expectedAuc } from './expected-auc.ts'

/** What every estimate without labels rests on; shown beside each number. */
export const labelFreeAssumption = 'if the relation between inputs and outcome still holds'

/** A performance figure that no label has confirmed. */
export interface EstimatedFigure {
  readonly ok: true
  readonly value: number
  /** Sampling error of the realised figure of a chunk of this size, from the reference; null where none is known. */
  readonly standardError: number | null
  readonly n: number
}

/** Performance of a chunk, estimated without its labels. It may raise attention and never promote or roll back. */
export interface LabelFreePerformance {
  readonly ok: true
  readonly auc: EstimatedFigure | Refusal
  readonly accuracy: EstimatedFigure | Refusal
  readonly precision: EstimatedFigure | Refusal
  readonly recall: EstimatedFigure | Refusal
  readonly specificity: EstimatedFigure | Refusal
  readonly f1: EstimatedFigure | Refusal
  /** Expected counts; fractions. */
  readonly truePositives: number
  readonly falsePositives: number
  readonly falseNegatives: number
  readonly trueNegatives: number
  /** Share of class 1 that is expected. */
  readonly baseRate: number
  readonly n: number
  /** Rows of the reference the calibration rests on (effective ones, when weighted). */
  readonly referenceRows: number
  readonly method: 'cbpe' | 'pape'
  /** A change of the relation between inputs and outcome cannot be seen by it. */
  readonly blindTo: 'concept_change'
  readonly assumption: typeof labelFreeAssumption
}

/** The reference, learned once: how scores translate to probabilities, and how far figures swing by chance. */
export interface LabelFreeReference {
  readonly ok: true
  readonly curve: Isotonic
  /** Variance of one row's contribution: divided by the rows of a chunk it is the variance of the chunk's figure. */
  readonly aucVariancePerRow: number
  readonly accuracyVariancePerRow: number
  readonly n: number
  readonly effectiveRows: number
}

/** Fewest rows of a chunk that is judged. */
export const leastChunk = 100

/**
 * Learns from labelled reference rows what `cbpe` needs. An uncalibrated score is useless for it, so isotonic regression
 * always comes first.
 * @param scores    raw scores of the reference, higher = more likely class 1
 * @param y         0 or 1 per row
 * @param decisions 0 or 1 per row: what was said
 * @param weights   optional, one non-negative number per row (PAPE)
 * @returns         or `empty`, `not_finite`, `out_of_range`, `one_class`
 * @throws RangeError arrays of unequal length
 */
export function fitLabelFree(
  scores: Float64Array,
  y: Uint8Array,
  decisions: Uint8Array,
  weights?: Float64Array,
): LabelFreeReference | Refusal {
  const counts = checkTwoClasses(scores, y)
  if ('ok' in counts) return counts
  const problem = checkDecisions(decisions, counts.n)
  if (problem) return problem
  const groups = scoreGroups(scores, y)
  const curve = weights ? fitIsotonic(scores, y, { raw: true, weights }) : isotonicOfGroups(groups, counts, true)
  if (!curve.ok) return curve
  const { n } = counts
  let right = 0
  for (let i = 0; i < n; i++) if (decisions[i] === y[i]) right++
  const share = right / n
  return {
    ok: true,
    curve,
    aucVariancePerRow: aucVariancePerRow(groups),
    accuracyVariancePerRow: share * (1 - share),
    n,
    effectiveRows: weights ? effectiveSampleSize(weights) : n,
  }
}

/**
 * CBPE: confidence-based performance estimation. With c the calibrated probability, a row said to be 1 is c of a true and
 * 1 - c of a false positive; the sums are the expected confusion counts. Right under a change of the inputs only as far as
 * the calibration of the reference still holds for the chunk, and blind to a change of the concept.
 * @param reference from `fitLabelFree`
 * @param scores    raw scores of the chunk, at least 100 rows
 * @param decisions 0 or 1 per row
 * @returns         or `empty`, `too_few`, `not_finite`, `out_of_range`; a figure that divides by nothing is refused alone
 * @throws RangeError arrays of unequal length
 * @see NannyML, CBPE; fixture: its published table for California housing
 */
export function cbpe(
  reference: LabelFreeReference,
  scores: Float64Array,
  decisions: Uint8Array,
  method: 'cbpe' | 'pape' = 'cbpe',
): LabelFreePerformance | Refusal {
  const n = scores.length
  if (decisions.length !== n) throw new RangeError(`${n} scores but ${decisions.length} decisions`)
  if (n === 0) return refuse('empty', 0, leastChunk, 'no rows')
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(scores[i]!)) return refuse('not_finite', i, n, `the score of row ${i} is not a finite number`)
  }
  const problem = checkDecisions(decisions, n)
  if (problem) return problem
  if (n < leastChunk) return refuse('too_few', n, leastChunk, 'rows of the chunk')
  const groups = scoreGroups(scores, decisions)
  const c = predictIsotonic(reference.curve, groups.scores)
  const rows = new Float64Array(c.length)
  let tp = 0
  let fp = 0
  let fn = 0
  let tn = 0
  for (let k = 0; k < c.length; k++) {
    const [said0, said1] = [groups.zeros[k]!, groups.ones[k]!]
    rows[k] = said0 + said1
    tp += said1 * c[k]!
    fp += said1 * (1 - c[k]!)
    fn += said0 * c[k]!
    tn += said0 * (1 - c[k]!)
  }
  const figure = (part: number, whole: number, nothing: string, variancePerRow: number | null = null) => {
    const value = ratio(part, whole, n, nothing)
    const standardError = variancePerRow === null ? null : Math.sqrt(variancePerRow / n)
    return value.ok ? { ...value, standardError } : value
  }
  const auc = expectedAuc(rows, c)
  return {
    ok: true,
    auc: typeof auc === 'number' ? figure(auc, 1, '', reference.aucVariancePerRow) : auc,
    accuracy: figure(tp + tn, n, 'no rows', reference.accuracyVariancePerRow),
    precision: figure(tp, tp + fp, 'no row was said to be 1'),
    recall: figure(tp, tp + fn, 'no row of class 1 is expected'),
    specificity: figure(tn, tn + fp, 'no row of class 0 is expected'),
    f1: figure(2 * tp, 2 * tp + fp + fn, 'no row of class 1 is expected or said'),
    truePositives: tp,
    falsePositives: fp,
    falseNegatives: fn,
    trueNegatives: tn,
    baseRate: (tp + fn) / n,
    n,
    referenceRows: reference.effectiveRows,
    method,
    blindTo: 'concept_change',
    assumption: labelFreeAssumption,
  }
}

/** Range a realised figure of this chunk would fall in, by sampling alone, were the estimate right; null without error. */
export function samplingRange(figure: EstimatedFigure, level = 0.95): readonly [number, number] | null {
  if (figure.standardError === null) return null
  const reach = normalPpf((1 + level) / 2) * figure.standardError
  return [Math.max(0, figure.value - reach), Math.min(1, figure.value + reach)]
}

function checkDecisions(decisions: Uint8Array, n: number): Refusal | null {
  if (decisions.length !== n) throw new RangeError(`${n} rows but ${decisions.length} decisions`)
  for (let i = 0; i < n; i++) {
    if (decisions[i]! > 1)
      return refuse('out_of_range', decisions[i]!, 1, `the decision of row ${i} is neither 0 nor 1`)
  }
  return null
}
