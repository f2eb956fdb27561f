import type { Design } from '../model/design.ts'
import { scoreDesign } from '../model/design.ts'
import { type Encoder, encoderColumns } from '../model/encoder.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { additivityTolerance, type Explanations, worstSum } from './tree-shap.ts'

/** Mean of every model column over the rows of a design: what a linear model's contributions are measured from. */
export function designMeans(design: Design): Float64Array | Refusal {
  if (design.rows === 0) return refuse('empty', 0, 1, 'no rows')
  const means = new Float64Array(design.columns)
  const width = design.denseColumns.length
  for (let i = 0; i < design.rows; i++) {
    for (let j = 0; j < width; j++) means[design.denseColumns[j]!]! += design.dense[i * width + j]!
    for (let k = 0; k < design.codesPerRow; k++) means[design.codes[i * design.codesPerRow + k]!]! += 1
  }
  for (let column = 0; column < means.length; column++) {
    means[column]! /= design.rows
    if (!Number.isFinite(means[column]))
      return refuse('not_finite', column, means.length, `column ${column} is not finite`)
  }
  return means
}

/**
 * Contributions of a linear model, φ = coefficient · (column - mean), summed over the columns of one feature: all levels
 * of a category, sine and cosine, a number and its missing flag. Exact Shapley values when features are independent.
 *
 * They say what the score is associated with, never what caused the outcome.
 * @param means mean of each model column (`designMeans` of the training design)
 * @returns     rows × features; base = intercept + Σ coefficient·mean; or `not_finite`, or `out_of_range` where they do
 *              not add up to the score within 1e-9
 * @throws RangeError encoders, coefficients, means and design of different width
 * @see Lundberg & Lee 2017, corollary 1
 */
export function explainLinear(
  encoders: readonly Encoder[],
  coefficients: ArrayLike<number>,
  intercept: number,
  means: Float64Array,
  design: Design,
): Explanations | Refusal {
  const feature = Int32Array.from(encoders.flatMap((encoder, f) => encoderColumns(encoder).map(() => f)))
  if (new Set([feature.length, coefficients.length, means.length, design.columns]).size !== 1)
    throw new RangeError(`${feature.length} columns, ${coefficients.length} coefficients, ${means.length} means`)
  const columns = encoders.length
  const start = new Float64Array(columns)
  let base = intercept
  for (let j = 0; j < means.length; j++) {
    const part = coefficients[j]! * means[j]!
    base += part
    start[feature[j]!]! -= part
  }
  const margins = scoreDesign(design, coefficients, intercept)
  const contributions = new Float64Array(design.rows * columns)
  const width = design.denseColumns.length
  for (let i = 0; i < design.rows; i++) {
    contributions.set(start, i * columns)
    for (let j = 0; j < width; j++) {
      const column = design.denseColumns[j]!
      contributions[i * columns + feature[column]!]! += coefficients[column]! * design.dense[i * width + j]!
    }
    for (let k = 0; k < design.codesPerRow; k++) {
      const column = design.codes[i * design.codesPerRow + k]!
      contributions[i * columns + feature[column]!]! += coefficients[column]!
    }
  }
  const apart = worstSum(contributions, margins, base, columns)
  if (!Number.isFinite(apart))
    return refuse('not_finite', 0, 1, 'the design or the model holds a value that is not finite')
  if (apart > additivityTolerance)
    return refuse('out_of_range', apart, additivityTolerance, 'contributions do not add up to the score')
  return { ok: true, base, contributions, margins, n: design.rows, method: 'linear_shap' }
}
