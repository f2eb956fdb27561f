import { sigmoid } from '../model/sigmoid.ts'
import { type Refusal, refuse } from '../refusal.ts'

/** Logistic regression that learns row by row: Gaussian over the weights, intercept last. */
export interface OnlineLogistic {
  /** columns + 1. */
  readonly weights: Float64Array
  /** (columns + 1)², row-major, symmetric. */
  readonly covariance: Float64Array
  readonly n: number
}

/** How fast to forget. */
export interface OnlineOptions {
  /** In (0, 1]; 1 never forgets. Choose it by progressive log loss. */
  readonly forgetting?: number
}

/** Trace per parameter at which forgetting stops widening the Gaussian. */
const widest = 1000

/** Starts at weights 0 with covariance `spread`·I. */
export function startOnlineLogistic(columns: number, spread = 1): OnlineLogistic {
  if (!(Number.isSafeInteger(columns) && columns >= 0)) throw new RangeError(`a number of columns, got ${columns}`)
  if (!(spread > 0 && spread < Infinity)) throw new RangeError(`a positive spread, got ${spread}`)
  const size = columns + 1
  const covariance = new Float64Array(size * size)
  for (let j = 0; j < size; j++) covariance[j * size + j] = spread
  return { weights: new Float64Array(size), covariance, n: 0 }
}

/** Probability of class 1 under the current weights. */
export function onlineProbability(model: OnlineLogistic, row: ArrayLike<number>): number {
  return sigmoid(margin(model.weights, row))
}

/**
 * Learns one row exactly: the new weights maximise likelihood of the row times the current Gaussian, found along the one
 * direction that matters (Σx) by a safeguarded Newton search; then the Gaussian narrows by the row's information and, with
 * forgetting, widens again. O(columns²). The model given is not changed: every update is a new version.
 * @param row   one finite number per column, on a common scale
 * @param label 0 or 1
 * @returns     or `not_finite`, `out_of_range`
 * @throws RangeError a row of another length
 * @see Spiegelhalter & Lauritzen 1990, Networks 20
 */
export function learnOnline(
  model: OnlineLogistic,
  row: ArrayLike<number>,
  label: number,
  options: OnlineOptions = {},
): { readonly ok: true; readonly model: OnlineLogistic } | Refusal {
  const { forgetting = 1 } = options
  const size = model.weights.length
  if (row.length !== size - 1) throw new RangeError(`${row.length} values for ${size - 1} columns`)
  if (label !== 0 && label !== 1) return refuse('out_of_range', 0, 1, `a label is 0 or 1, got ${label}`)
  if (!(forgetting > 0 && forgetting <= 1)) return refuse('out_of_range', 0, 1, 'forgetting must be in (0, 1]')
  const x = new Float64Array(size)
  for (let j = 0; j + 1 < size; j++) {
    if (!Number.isFinite(row[j]!)) return refuse('not_finite', j, size - 1, `column ${j} is not a finite number`)
    x[j] = row[j]!
  }
  x[size - 1] = 1
  const direction = new Float64Array(size)
  let spread = 0
  for (let i = 0; i < size; i++) {
    let sum = 0
    for (let j = 0; j < size; j++) sum += model.covariance[i * size + j]! * x[j]!
    direction[i] = sum
    spread += x[i]! * sum
  }
  const start = margin(model.weights, row)
  if (!(Number.isFinite(spread) && Number.isFinite(start))) {
    return refuse('not_finite', 0, 1, 'the row is too large for the numbers of this machine')
  }
  const step = solveStep(start, spread, label)
  const p = sigmoid(start + step * spread)
  const information = p * (1 - p)
  const shrink = information / (1 + information * spread)
  const weights = model.weights.map((weight, i) => weight + step * direction[i]!)
  const covariance = new Float64Array(size * size)
  let trace = 0
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const value = (model.covariance[i * size + j]! - shrink * direction[i]! * direction[j]!) / forgetting
      covariance[i * size + j] = value
      covariance[j * size + i] = value
    }
    trace += covariance[i * size + i]!
  }
  if (trace > widest * size) {
    const factor = (widest * size) / trace
    for (let k = 0; k < covariance.length; k++) covariance[k]! *= factor
  }
  return { ok: true, model: { weights, covariance, n: model.n + 1 } }
}

/** The a with a = label - sigmoid(start + a·spread): between 0 and label - sigmoid(start), decreasing right side. */
function solveStep(start: number, spread: number, label: number): number {
  const first = label - sigmoid(start)
  let low = Math.min(0, first)
  let high = Math.max(0, first)
  let a = first / (1 + spread * sigmoid(start) * (1 - sigmoid(start)))
  for (let turn = 0; turn < 100; turn++) {
    if (!(a >= low && a <= high)) a = (low + high) / 2
    const p = sigmoid(start + a * spread)
    const error = a - (label - p)
    if (error > 0) high = a
    else low = a
    const next = a - error / (1 + spread * p * (1 - p))
    if (Math.abs(next - a) <= 1e-15 * Math.max(Math.abs(a), 1e-3)) return next
    a = next
  }
  return Math.min(high, Math.max(low, a))
}

function margin(weights: Float64Array, row: ArrayLike<number>): number {
  if (row.length !== weights.length - 1) throw new RangeError(`${row.length} values for ${weights.length - 1} columns`)
  let sum = weights[weights.length - 1]!
  for (let j = 0; j < row.length; j++) sum += weights[j]! * row[j]!
  return sum
}
