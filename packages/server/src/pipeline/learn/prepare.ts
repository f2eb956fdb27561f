import type { FeatureSpec, FeatureValue } from '@surety/contract'
import { type Design, encodeRows, encoderColumns, fitEncoders, sliceDesign } from '@surety/stats'
import { type FeatureStats, type StoredEncoder, statsOf, storeEncoder } from '../../model/artefact.ts'
import type { Fitted, Tick } from './candidate.ts'
import type { TrainingRow } from './training-row.ts'

/** Rows in time order, read by encoders that were fitted on the training part alone: what any kind of model begins with. */
export interface Prepared {
  readonly features: readonly string[]
  readonly encoders: { readonly [feature: string]: StoredEncoder }
  readonly featureStats: { readonly [feature: string]: FeatureStats }
  readonly values: readonly (readonly FeatureValue[])[]
  readonly labels: Uint8Array
  /** The first rows; the others are held out. */
  readonly trainRows: number
  /** All rows as a logistic model sees them, with a column for every `other`. */
  readonly design: Design
}

export function prepare(
  specs: readonly FeatureSpec[],
  rows: readonly TrainingRow[],
  labels: Uint8Array,
  trainRows: number,
): Prepared {
  const values = rows.map(row => row.values)
  const { encoders } = fitEncoders(specs, values.slice(0, trainRows))
  const design = encodeRows(encoders, values)
  const used = new Uint8Array(design.columns)
  for (const code of sliceDesign(design, 0, trainRows).codes) used[code] = 1
  let end = 0
  const stored = encoders.map(encoder => {
    end += encoderColumns(encoder).length
    // Without a training row that fell into `other` its column means nothing.
    return [encoder.name, storeEncoder(encoder, encoder.kind === 'onehot' && used[end - 1] === 1)] as const
  })
  const stats = encoders.flatMap(encoder => {
    const found = statsOf(encoder)
    return found === null ? [] : [[encoder.name, found] as const]
  })
  return {
    features: specs.map(spec => spec.name),
    encoders: Object.fromEntries(stored),
    featureStats: Object.fromEntries(stats),
    values,
    labels,
    trainRows,
    design,
  }
}

/** Counts the steps of a fit; a tick of false ends it. */
export function stepper(steps: number, tick: Tick) {
  let done = 0
  let stopped = false
  const proceed = (): boolean => {
    if (!stopped && !tick(done, steps)) stopped = true
    return !stopped
  }
  return {
    proceed,
    step(): boolean {
      done++
      return proceed()
    },
    get stopped() {
      return stopped
    },
  }
}

/** Sum of log(1 + exp(-z)) for label 1 and log(1 + exp(z)) for label 0. */
export function logisticLoss(z: Float64Array, labels: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < z.length; i++) {
    const margin = labels[i] === 1 ? z[i]! : -z[i]!
    sum += Math.max(-margin, 0) + Math.log1p(Math.exp(-Math.abs(margin)))
  }
  return sum
}

export function joinScores(parts: readonly Float64Array[]): Float64Array {
  const joined = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

export function joinLabels(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

export const halted: Fitted = { ok: false, stopped: true, sentence: 'The training was stopped.' }
