import { expMinus } from '../special/exp-minus.ts'
import type { Design } from './design.ts'

/** Rows handled together: their log-odds stay in the first-level cache, and sums of sums keep rounding small. */
const block = 256

/**
 * Penalised log loss Σ w·loss + ½·ridge·|coefficients|² and its derivatives. Parameters are the coefficients in column
 * order with the intercept last, which carries no penalty.
 */
export interface LogisticObjective {
  /** columns + 1 */
  readonly size: number
  /** Value at the parameters; fills `gradient` (length size). NaN when the design holds a value that is not finite. */
  value(parameters: Float64Array, gradient: Float64Array): number
  /** Fills the lower triangle of the size × size matrix of second derivatives. */
  curvature(parameters: Float64Array, matrix: Float64Array): void
  /** Second derivatives of each parameter alone (length size): the diagonal of `curvature` at O(rows). */
  diagonal(parameters: Float64Array, out: Float64Array): void
  /** Smallest signed distance (2y - 1)·z of any row: positive when the parameters separate the classes. */
  leastMargin(parameters: Float64Array): number
}

/** @param weights one non-negative number per row, or null for 1 each */
export function logisticObjective(
  design: Design,
  y: Uint8Array,
  weights: Float64Array | null,
  ridge: number,
): LogisticObjective {
  const { rows, columns, dense, denseColumns, codes, codesPerRow } = design
  const width = denseColumns.length
  const size = columns + 1
  const slopes = new Float64Array(width)
  const slopeSums = new Float64Array(width)
  const z = new Float64Array(block)
  const triangle = new Float64Array((width * (width + 1)) / 2)

  const logOdds = (parameters: Float64Array, from: number, to: number): void => {
    for (let j = 0; j < width; j++) slopes[j] = parameters[denseColumns[j]!]!
    const intercept = parameters[columns]!
    let i = from
    // Four rows at a time: each slope is loaded once for four products, and four sums run side by side.
    for (; i + 3 < to; i += 4) {
      const at0 = i * width
      const at1 = at0 + width
      const at2 = at1 + width
      const at3 = at2 + width
      let s0 = intercept
      let s1 = intercept
      let s2 = intercept
      let s3 = intercept
      for (let j = 0; j < width; j++) {
        const slope = slopes[j]!
        s0 += slope * dense[at0 + j]!
        s1 += slope * dense[at1 + j]!
        s2 += slope * dense[at2 + j]!
        s3 += slope * dense[at3 + j]!
      }
      const k = i - from
      z[k] = s0
      z[k + 1] = s1
      z[k + 2] = s2
      z[k + 3] = s3
    }
    for (; i < to; i++) {
      let sum = intercept
      for (let j = 0; j < width; j++) sum += slopes[j]! * dense[i * width + j]!
      z[i - from] = sum
    }
    if (codesPerRow === 0) return
    for (let row = from; row < to; row++) {
      let sum = z[row - from]!
      for (let k = row * codesPerRow; k < (row + 1) * codesPerRow; k++) sum += parameters[codes[k]!]!
      z[row - from] = sum
    }
  }

  /** Replaces log-odds by residuals w·(p - y); returns the loss of the block. */
  const lossAndResiduals = (from: number, to: number): number => {
    let linear = 0
    // Σ log(1 + e) as the logarithm of one product: every factor is in (1, 2], so 256 of them stay far below overflow.
    let product = 1
    for (let i = from; i < to; i++) {
      const s = z[i - from]!
      const e = expMinus(Math.abs(s))
      const q = 1 / (1 + e)
      const target = y[i]!
      const residual = (s < 0 ? e * q : q) - target
      const hinge = Math.max(s, 0) - target * s
      if (weights === null) {
        linear += hinge
        product *= 1 + e
        z[i - from] = residual
      } else {
        linear += weights[i]! * (hinge + Math.log1p(e))
        z[i - from] = weights[i]! * residual
      }
    }
    return linear + Math.log(product)
  }

  const addGradient = (gradient: Float64Array, from: number, to: number): void => {
    slopeSums.fill(0)
    let total = 0
    let i = from
    // Four rows at a time: one load and one store of the running sum for four products.
    for (; i + 3 < to; i += 4) {
      const r0 = z[i - from]!
      const r1 = z[i - from + 1]!
      const r2 = z[i - from + 2]!
      const r3 = z[i - from + 3]!
      total += r0 + r1 + (r2 + r3)
      const at0 = i * width
      const at1 = at0 + width
      const at2 = at1 + width
      const at3 = at2 + width
      for (let j = 0; j < width; j++) {
        slopeSums[j]! += r0 * dense[at0 + j]! + r1 * dense[at1 + j]! + (r2 * dense[at2 + j]! + r3 * dense[at3 + j]!)
      }
    }
    for (; i < to; i++) {
      const r = z[i - from]!
      total += r
      for (let j = 0; j < width; j++) slopeSums[j]! += r * dense[i * width + j]!
    }
    for (let j = 0; j < width; j++) gradient[denseColumns[j]!]! += slopeSums[j]!
    gradient[columns]! += total
    if (codesPerRow === 0) return
    for (let row = from; row < to; row++) {
      const r = z[row - from]!
      for (let k = row * codesPerRow; k < (row + 1) * codesPerRow; k++) gradient[codes[k]!]! += r
    }
  }

  /** Replaces log-odds by w·p·(1 - p). */
  const curvatureWeights = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      const e = expMinus(Math.abs(z[i - from]!))
      z[i - from] = ((weights === null ? 1 : weights[i]!) * e) / ((1 + e) * (1 + e))
    }
  }

  /** Adds Σ weight·x·xᵀ of the dense columns to the packed triangle, four rows at a time as in the gradient. */
  const addDenseCurvature = (from: number, to: number): void => {
    let i = from
    for (; i + 3 < to; i += 4) {
      const at0 = i * width
      const at1 = at0 + width
      const at2 = at1 + width
      const at3 = at2 + width
      let at = 0
      for (let a = 0; a < width; a++) {
        const w0 = z[i - from]! * dense[at0 + a]!
        const w1 = z[i - from + 1]! * dense[at1 + a]!
        const w2 = z[i - from + 2]! * dense[at2 + a]!
        const w3 = z[i - from + 3]! * dense[at3 + a]!
        for (let b = 0; b <= a; b++) {
          triangle[at++]! += w0 * dense[at0 + b]! + w1 * dense[at1 + b]! + (w2 * dense[at2 + b]! + w3 * dense[at3 + b]!)
        }
      }
    }
    for (; i < to; i++) {
      let at = 0
      for (let a = 0; a < width; a++) {
        const w = z[i - from]! * dense[i * width + a]!
        for (let b = 0; b <= a; b++) triangle[at++]! += w * dense[i * width + b]!
      }
    }
  }

  /** Adds the pairs of one row that involve a code or the intercept. */
  const addOtherCurvature = (matrix: Float64Array, row: number, weight: number): void => {
    const last = columns * size
    for (let j = 0; j < width; j++) matrix[last + denseColumns[j]!]! += weight * dense[row * width + j]!
    matrix[last + columns]! += weight
    const end = (row + 1) * codesPerRow
    for (let k = row * codesPerRow; k < end; k++) {
      const code = codes[k]!
      matrix[last + code]! += weight
      for (let j = 0; j < width; j++) {
        const column = denseColumns[j]!
        const at = column < code ? code * size + column : column * size + code
        matrix[at]! += weight * dense[row * width + j]!
      }
      for (let other = row * codesPerRow; other <= k; other++) {
        const second = codes[other]!
        matrix[second < code ? code * size + second : second * size + code]! += weight
      }
    }
  }

  return {
    size,
    value: (parameters, gradient) => {
      gradient.fill(0)
      let total = 0
      for (let from = 0; from < rows; from += block) {
        const to = Math.min(rows, from + block)
        logOdds(parameters, from, to)
        total += lossAndResiduals(from, to)
        addGradient(gradient, from, to)
      }
      let squares = 0
      for (let j = 0; j < columns; j++) {
        squares += parameters[j]! * parameters[j]!
        gradient[j]! += ridge * parameters[j]!
      }
      return total + (ridge * squares) / 2
    },
    curvature: (parameters, matrix) => {
      matrix.fill(0)
      triangle.fill(0)
      for (let from = 0; from < rows; from += block) {
        const to = Math.min(rows, from + block)
        logOdds(parameters, from, to)
        curvatureWeights(from, to)
        addDenseCurvature(from, to)
        for (let i = from; i < to; i++) addOtherCurvature(matrix, i, z[i - from]!)
      }
      for (let a = 0, at = 0; a < width; a++) {
        // Dense columns ascend, so their pairs lie in the lower triangle as they come.
        for (let b = 0; b <= a; b++) matrix[denseColumns[a]! * size + denseColumns[b]!]! += triangle[at++]!
      }
      for (let j = 0; j < columns; j++) matrix[j * size + j]! += ridge
    },
    diagonal: (parameters, out) => {
      out.fill(0)
      for (let from = 0; from < rows; from += block) {
        const to = Math.min(rows, from + block)
        logOdds(parameters, from, to)
        curvatureWeights(from, to)
        for (let i = from; i < to; i++) {
          const weight = z[i - from]!
          for (let j = 0; j < width; j++) out[denseColumns[j]!]! += weight * dense[i * width + j]! ** 2
          for (let k = i * codesPerRow; k < (i + 1) * codesPerRow; k++) out[codes[k]!]! += weight
          out[columns]! += weight
        }
      }
      for (let j = 0; j < columns; j++) out[j]! += ridge
    },
    leastMargin: parameters => {
      let least = Infinity
      for (let from = 0; from < rows; from += block) {
        const to = Math.min(rows, from + block)
        logOdds(parameters, from, to)
        for (let i = from; i < to; i++) least = Math.min(least, y[i] === 1 ? z[i - from]! : -z[i - from]!)
      }
      return least
    },
  }
}
