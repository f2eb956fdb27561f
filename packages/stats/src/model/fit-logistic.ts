import { type Refusal, refuse } from '../refusal.ts'
import { choleskyInPlace, choleskySolve } from './cholesky.ts'
import type { Design } from './design.ts'
import { minimiseConvex } from './lbfgs.ts'
import { type LogisticObjective, logisticObjective } from './logistic-objective.ts'

/** How to fit. */
export interface LogisticOptions {
  /** Inverse strength of the L2 penalty, as in scikit-learn: minimises c·Σ loss + ½|w|². Infinity = no penalty. */
  readonly c: number
  /** One non-negative weight per row. */
  readonly weights?: Float64Array
  /** Weights of class 0 and class 1. Their effect on the base rate is taken out of the intercept again. */
  readonly classWeights?: readonly [number, number]
  /** Ends when the next step would move no parameter by more than this (default 1e-7; the step is still taken). */
  readonly tolerance?: number
  /** Called before every step; false ends the fit with `stopped`. */
  readonly tick?: (done: number, total: number) => boolean
}

/** The fitted model: log-odds = intercept + Σ coefficient·column. */
export interface LogisticFit {
  readonly ok: true
  /** One per column of the design. */
  readonly coefficients: Float64Array
  /** Prior correction already applied. */
  readonly intercept: number
  /** ln(w1/w0): what was subtracted from the intercept; 0 without class weights. */
  readonly priorCorrection: number
  readonly iterations: number
  readonly n: number
  readonly positives: number
}

const maxIterations = 300
/** Rows per parameter, and rows at least, of the sample whose own optimum is the starting point. */
const startRowsPerParameter = 20
const leastStartRows = 1000
/** Rows per parameter of the sample for the second derivatives: they come out right to about 3 %. */
const curvatureRowsPerParameter = 1500
/** Above this many parameters only the diagonal is used: a factor would cost more than the passes it saves. */
const mostFactored = 300

/**
 * Logistic regression: the exact optimum of the L2-penalised log loss, intercept free.
 *
 * A thin sample of the rows (every k-th) is solved first by Newton steps; from there L-BFGS runs over all rows,
 * preconditioned by the second derivatives of a larger sample, so that a million rows need a handful of passes. The
 * optimum does not depend on the samples, only the time does. Small problems are solved by Newton steps throughout.
 * @param design encoded rows (not written to)
 * @param y      0 or 1 per row
 * @returns      or `empty`, `one_class`, `not_finite`, `out_of_range`, `separated` (no penalty and the columns separate
 *               the classes), `not_converged`, `stopped`
 * @throws RangeError labels or weights of another length than the design
 * @see Nocedal & Wright; King & Zeng 2001 (prior correction); fixture by scikit-learn
 */
export function fitLogistic(design: Design, y: Uint8Array, options: LogisticOptions): LogisticFit | Refusal {
  const problem = checkFit(design, y, options)
  if ('code' in problem) return problem
  const weights = rowWeights(y, options)
  const ridge = 1 / options.c
  const objective = logisticObjective(design, y, weights, ridge)
  const start = new Float64Array(objective.size)
  start[objective.size - 1] = weightedLogOdds(y, weights)
  const tolerance = options.tolerance ?? 1e-7
  const { tick } = options
  const limits = { tolerance, maxIterations, ...(tick && { tick }) }
  const found =
    objective.size > mostFactored
      ? minimiseDiagonal(objective, start, { ...limits, tolerance: tolerance / 100 })
      : minimiseFactored(design, y, weights, ridge, objective, start, limits)
  if (found.ended === 'not_finite')
    return refuse('not_finite', 0, design.rows, 'the design or the weights hold a value that is not finite')
  if (found.ended === 'stopped') return refuse('stopped', found.iterations, maxIterations, 'stopped by the caller')
  if (found.ended === 'flat' || (ridge === 0 && objective.leastMargin(found.at) > 0)) {
    return refuse(
      'separated',
      0,
      1,
      'the columns separate classes and the penalty is too weak to hold them: no finite optimum',
    )
  }
  if (found.ended === 'not_converged') {
    return refuse('not_converged', found.iterations, found.iterations + 1, 'the optimum was not reached')
  }
  const [w0, w1] = options.classWeights ?? [1, 1]
  const priorCorrection = Math.log(w1 / w0)
  return {
    ok: true,
    coefficients: found.at.slice(0, design.columns),
    intercept: found.at[design.columns]! - priorCorrection,
    priorCorrection,
    iterations: found.iterations,
    n: design.rows,
    positives: problem.positives,
  }
}

type Limits = Parameters<typeof minimiseConvex>[3]

function minimiseDiagonal(objective: LogisticObjective, start: Float64Array, limits: Limits) {
  const diagonal = new Float64Array(objective.size)
  objective.diagonal(start, diagonal)
  const divide = (vector: Float64Array) => {
    for (let j = 0; j < vector.length; j++) vector[j]! /= Math.max(diagonal[j]!, 1e-300)
  }
  return minimiseConvex(objective.value, start, divide, limits)
}

function minimiseFactored(
  design: Design,
  y: Uint8Array,
  weights: Float64Array | null,
  ridge: number,
  objective: LogisticObjective,
  start: Float64Array,
  limits: Limits,
) {
  const { size } = objective
  const matrix = new Float64Array(size * size)
  const solve = (vector: Float64Array) => choleskySolve(matrix, size, vector)
  const factor = (): true => {
    // Without penalty, one-hot columns make the matrix singular: only sums of their coefficients are determined.
    choleskyInPlace(matrix, size, ridge === 0 ? 1e-8 : 0)
    return true
  }
  const refreshFrom = (of: LogisticObjective) => (at: Float64Array) => {
    of.curvature(at, matrix)
    return factor()
  }
  const refreshFromSample = (of: LogisticObjective, at: Float64Array) => {
    of.curvature(at, matrix)
    if (design.codesPerRow > 0 || ridge === 0) {
      // A level the sample misses looks flat and would be sent far away: no diagonal may be less than that of all rows.
      const diagonal = new Float64Array(size)
      objective.diagonal(at, diagonal)
      for (let j = 0; j < size; j++) matrix[j * size + j] = Math.max(matrix[j * size + j]!, diagonal[j]!)
    }
    return factor()
  }
  const sampled = (rows: number) => {
    const sample = everyNth(design, y, weights, Math.max(1, Math.floor(design.rows / rows)))
    return logisticObjective(sample.design, sample.y, sample.weights, ridge)
  }
  const startRows = Math.max(leastStartRows, startRowsPerParameter * size)
  if (design.rows <= 2 * startRows) {
    const refresh = refreshFrom(objective)
    refresh(start)
    return minimiseConvex(objective.value, start, solve, { ...limits, refresh })
  }
  // The small sample's own optimum is about √(parameters/rows) away from the full one: one digit is enough here.
  const small = sampled(startRows)
  const refresh = refreshFrom(small)
  refresh(start)
  const near = minimiseConvex(small.value, start, solve, { tolerance: 0.05, maxIterations: 20, refresh })
  const from = near.ended === 'converged' ? near.at : start
  refreshFromSample(small, from)
  // Second derivatives cost rows·nonZero²/2 products, a pass over the data rows·nonZero: half a pass is well spent.
  const nonZero = design.denseColumns.length + design.codesPerRow + 1
  const affordable = (6 * design.rows) / nonZero
  const curvatureRows = Math.max(startRows, Math.min(affordable, curvatureRowsPerParameter * size))
  // After the first step over all rows a sample will do; a fit that is still under way after eight steps (weak penalty,
  // rare levels that samples miss) is finished by exact Newton steps.
  const refreshLate = (at: Float64Array, iterations: number) => {
    if (iterations === 0) return refreshFromSample(sampled(curvatureRows), at)
    return iterations >= 8 && refreshFrom(objective)(at)
  }
  return minimiseConvex(objective.value, from, solve, { ...limits, refresh: refreshLate })
}

/** Every n-th row, weighted n times, so that its loss estimates that of all rows. */
function everyNth(design: Design, y: Uint8Array, weights: Float64Array | null, stride: number) {
  const rows = Math.ceil(design.rows / stride)
  const width = design.denseColumns.length
  const { codesPerRow } = design
  const dense = new Float64Array(rows * width)
  const codes = new Int32Array(rows * codesPerRow)
  const labels = new Uint8Array(rows)
  const sampleWeights = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    const row = i * stride
    for (let j = 0; j < width; j++) dense[i * width + j] = design.dense[row * width + j]!
    for (let k = 0; k < codesPerRow; k++) codes[i * codesPerRow + k] = design.codes[row * codesPerRow + k]!
    labels[i] = y[row]!
    sampleWeights[i] = stride * (weights === null ? 1 : weights[row]!)
  }
  return { design: { ...design, rows, dense, codes }, y: labels, weights: sampleWeights }
}

function checkFit(design: Design, y: Uint8Array, options: LogisticOptions): { readonly positives: number } | Refusal {
  const { c, weights, classWeights, tolerance = 1e-7 } = options
  if (y.length !== design.rows) throw new RangeError(`${design.rows} rows but ${y.length} labels`)
  if (weights && weights.length !== design.rows)
    throw new RangeError(`${design.rows} rows but ${weights.length} weights`)
  if (design.rows === 0) return refuse('empty', 0, 1, 'no rows')
  if (!(c > 0)) return refuse('out_of_range', 0, 1, 'c must be positive')
  if (!(tolerance > 0)) return refuse('out_of_range', 0, 1, 'tolerance must be positive')
  if (classWeights?.some(w => !(w > 0 && w < Infinity)))
    return refuse('out_of_range', 0, 1, 'class weights must be positive')
  const seen = [0, 0]
  let positives = 0
  for (let i = 0; i < y.length; i++) {
    if (y[i]! > 1) return refuse('out_of_range', y[i]!, 1, `the label of row ${i} is neither 0 nor 1`)
    const weight = weights ? weights[i]! : 1
    if (!(weight >= 0 && weight < Infinity))
      return refuse('out_of_range', i, y.length, `the weight of row ${i} is not a number of at least 0`)
    if (weight > 0) seen[y[i]!]!++
    positives += y[i]!
  }
  if (seen[1] === 0) return refuse('one_class', 0, 1, 'no row of class 1')
  if (seen[0] === 0) return refuse('one_class', 0, 1, 'no row of class 0')
  return { positives }
}

function rowWeights(y: Uint8Array, options: LogisticOptions): Float64Array | null {
  const { weights, classWeights } = options
  if (!classWeights) return weights ?? null
  return Float64Array.from(y, (label, i) => classWeights[label === 1 ? 1 : 0] * (weights ? weights[i]! : 1))
}

/** Log-odds of the weighted base rate: the optimum of the intercept while all coefficients are 0. */
function weightedLogOdds(y: Uint8Array, weights: Float64Array | null): number {
  const sums = [0, 0]
  for (let i = 0; i < y.length; i++) sums[y[i]!]! += weights === null ? 1 : weights[i]!
  return Math.log(sums[1]! / sums[0]!)
}
