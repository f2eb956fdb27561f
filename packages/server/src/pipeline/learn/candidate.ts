import type { FeatureSpec } from '@surety/contract'
import {
  type Design,
  type Encoder,
  encodeRows,
  fitEncoders,
  fitLogistic,
  fitPlatt,
  scoreDesign,
  sliceDesign,
} from '@surety/stats'
import { expandingFolds } from './split.ts'
import type { TrainingRow } from './training-row.ts'

/** Strengths of the L2 penalty that are tried, from strong to weak (scikit-learn's C). */
const strengths = [0.001, 0.01, 0.1, 1] as const
/** Folds only compare strengths and give scores to calibrate on: four digits are enough, and half the passes. */
const foldTolerance = 1e-4

export interface Candidate {
  readonly encoders: readonly Encoder[]
  /** Encoded training rows, then the held-out ones. */
  readonly design: Design
  readonly coefficients: Float64Array
  readonly intercept: number
  readonly c: number
  readonly calibration: { readonly a: number; readonly b: number }
  readonly outOfFoldRows: number
}

export type Fitted =
  | { readonly ok: true; readonly candidate: Candidate }
  | { readonly ok: false; readonly stopped: boolean; readonly sentence: string }

/** Called between steps; false ends the fit. */
export type Tick = (done: number, total: number) => boolean

const steps = 3 * strengths.length + 3

/**
 * Fits encoders, strength, coefficients and calibration on the first `trainRows` rows only. No class weights, no
 * randomness: the same rows give the same bytes.
 */
export function fitCandidate(
  specs: readonly FeatureSpec[],
  rows: readonly TrainingRow[],
  labels: Uint8Array,
  trainRows: number,
  tick: Tick,
): Fitted {
  let done = 0
  let stopped = false
  const proceed = (): boolean => {
    if (!stopped && !tick(done, steps)) stopped = true
    return !stopped
  }
  const step = (): boolean => {
    done++
    return proceed()
  }
  const values = rows.map(row => row.values)
  const { encoders } = fitEncoders(specs, values.slice(0, trainRows))
  const design = encodeRows(encoders, values)
  if (!step()) return halted
  const fit = (until: number, c: number, tolerance: number) =>
    fitLogistic(sliceDesign(design, 0, until), labels.subarray(0, until), { c, tolerance, tick: proceed })

  const folds = expandingFolds(trainRows)
  const losses = strengths.map(() => ({ sum: 0, n: 0 }))
  const scores: Float64Array[][] = strengths.map(() => [])
  const foldLabels: Uint8Array[] = []
  for (const { train, until } of folds) {
    const judged = labels.subarray(train, until)
    const fits = strengths.map(c => {
      const found = fit(train, c, foldTolerance)
      step()
      return found
    })
    if (stopped) return halted
    // A fold without both classes in its training part says nothing and is left out for every strength alike.
    if (!fits.every(found => found.ok)) continue
    foldLabels.push(judged)
    for (const [k, found] of fits.entries()) {
      const z = scoreDesign(sliceDesign(design, train, until), found.coefficients, found.intercept)
      scores[k]!.push(z)
      losses[k]!.sum += logisticLoss(z, judged)
      losses[k]!.n += z.length
    }
  }
  const best = foldLabels.length === 0 ? strengths.indexOf(1) : bestOf(losses.map(loss => loss.sum))
  const c = strengths[best]!
  const final = fit(trainRows, c, 1e-7)
  if (stopped) return halted
  if (!final.ok) return { ok: false, stopped: false, sentence: `The fit did not succeed: ${final.detail}.` }
  step()
  const calibration = fitPlatt(joinScores(scores[best]!), joinLabels(foldLabels))
  if (!calibration.ok)
    return { ok: false, stopped: false, sentence: `The probabilities could not be calibrated: ${calibration.detail}.` }
  const { a, b } = calibration
  const { coefficients, intercept } = final
  const outOfFoldRows = calibration.n
  return {
    ok: true,
    candidate: { encoders, design, coefficients, intercept, c, calibration: { a, b }, outOfFoldRows },
  }
}

const halted: Fitted = { ok: false, stopped: true, sentence: 'The training was stopped.' }

/** Index of the least loss; on a tie the stronger penalty. */
const bestOf = (losses: readonly number[]): number => losses.indexOf(Math.min(...losses))

/** Sum of log(1 + exp(-z)) for label 1 and log(1 + exp(z)) for label 0. */
function logisticLoss(z: Float64Array, labels: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < z.length; i++) {
    const margin = labels[i] === 1 ? z[i]! : -z[i]!
    sum += Math.max(-margin, 0) + Math.log1p(Math.exp(-Math.abs(margin)))
  }
  return sum
}

function joinScores(parts: readonly Float64Array[]): Float64Array {
  const joined = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

function joinLabels(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
