import {
  expectedCalibrationError,
  fitAbsoluteResidual,
  fitMondrian,
  fitVennAbers,
  mondrianThresholds,
  predictVennAbers,
  type Refusal,
  residualLevels,
  type VennAbers,
} from '@surety/stats'
import type { CalibratorBody } from '../../store/calibrators.ts'

/** A score with its label, and where it came from. */
export interface ScoredRow {
  readonly probability: number
  readonly label: 0 | 1
  readonly source: string
}

export interface BuiltCalibrator {
  readonly ok: true
  readonly n: number
  readonly positives: number
  readonly body: CalibratorBody
}

export interface TooFewRows {
  readonly ok: false
  readonly code: 'too_few'
  readonly have: number
  readonly need: number
}

/** Rows below which bounds would say nothing. */
export const fewestRows = 30
const folds = 5
const errorBins = 10
/** Share of each class whose label the set may miss. */
export const mondrianAlpha = 0.1

/**
 * Fits everything that is reported beside a probability. Pure; the same rows in the same order give the same bytes.
 * @param rows probabilities in [0, 1] of cases the model was not fitted on, with their labels; one class alone is answered
 *             too, with wide bounds
 * @returns    or the shortfall. O(n log n): a quarter of a second for 100,000 rows
 */
export function buildCalibrator(rows: readonly ScoredRow[]): BuiltCalibrator | TooFewRows {
  const steps = buildInSteps(rows)
  let step = steps.next()
  while (!step.done) step = steps.next()
  return step.value
}

/** The same, letting others have their turn between the fits. */
export async function buildCalibratorInTurns(rows: readonly ScoredRow[]): Promise<BuiltCalibrator | TooFewRows> {
  const steps = buildInSteps(rows)
  let step = steps.next()
  while (!step.done) {
    await new Promise<void>(resolve => void setImmediate(resolve))
    step = steps.next()
  }
  return step.value
}

function* buildInSteps(rows: readonly ScoredRow[]): Generator<void, BuiltCalibrator | TooFewRows> {
  if (rows.length < fewestRows) return { ok: false, code: 'too_few', have: rows.length, need: fewestRows }
  const p = Float64Array.from(rows, row => row.probability)
  const y = Uint8Array.from(rows, row => row.label)
  const sources: { [source: string]: number } = {}
  for (const { source } of rows) sources[source] = (sources[source] ?? 0) + 1
  yield
  const sets = given(fitMondrian(p, y, { alpha: mondrianAlpha }))
  const radii = residualLevels.map(level => {
    const fit = fitAbsoluteResidual(p, y, level)
    return fit.ok ? fit.radius : null
  })
  yield
  const steps = stepsOf(given(fitVennAbers(p, y)))
  const score = yield* calibrationScore(p, y)
  const body = { score, ...steps, radii, limits: mondrianThresholds(sets, []), sources }
  return { ok: true, n: rows.length, positives: y.reduce((sum, label) => sum + label, 0), body }
}

/** Rows come checked from the database: a refusal here is a bug, not a shortage. */
function given<Fit extends { readonly ok: true }>(fit: Fit | Refusal): Fit {
  if (!fit.ok) throw new Error(`a calibrator cannot be fitted: ${fit.detail}`)
  return fit
}

/**
 * Only the scores at which an answer can change: p1 of a score is that of the first calibration score at or above it, so of
 * a run of equal p1 the last counts; p0 is that of the last one at or below it, so of a run of equal p0 the first counts.
 */
export function stepsOf({ scores, p0, p1 }: Pick<VennAbers, 'scores' | 'p0' | 'p1'>): {
  readonly scores: readonly number[]
  readonly p0: readonly number[]
  readonly p1: readonly number[]
} {
  const kept: number[] = []
  for (let i = 0; i < scores.length; i++)
    if (i === 0 || i === scores.length - 1 || p0[i] !== p0[i - 1] || p1[i] !== p1[i + 1]) kept.push(i)
  const of = (values: Float64Array) => kept.map(i => values[i]!)
  return { scores: of(scores), p0: of(p0), p1: of(p1) }
}

/** 1 - calibration error of rows that each were answered by a fit on the other four fifths. */
function* calibrationScore(p: Float64Array, y: Uint8Array): Generator<void, number | null> {
  const answered = new Float64Array(p.length)
  for (let fold = 0; fold < folds; fold++) {
    yield
    const inFold = (_: unknown, i: number): boolean => i % folds === fold
    const outside = (_: unknown, i: number): boolean => i % folds !== fold
    const fit = given(fitVennAbers(p.filter(outside), y.filter(outside)))
    const { p: predicted } = predictVennAbers(fit, p.filter(inFold))
    for (let k = 0; k < predicted.length; k++) answered[k * folds + fold] = predicted[k]!
  }
  const error = expectedCalibrationError(answered, y, 'equal_mass', errorBins)
  return error.ok ? 1 - error.value : null
}
