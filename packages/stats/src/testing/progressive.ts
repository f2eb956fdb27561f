import { sigmoid } from '../model/sigmoid.ts'
import { learnOnline, type OnlineLogistic, onlineProbability, startOnlineLogistic } from '../online/online-logistic.ts'
import { type RunningScaler, scaleRow, scalerSees, startScaler } from '../online/running-scaler.ts'

/** A stream in order: rows of numbers and their labels. */
export interface Stream {
  readonly rows: readonly Float64Array[]
  readonly y: Uint8Array
}

/** Learner of the progressive tests: says a probability, then learns the label. */
export interface Learner {
  probability(row: Float64Array): number
  learn(row: Float64Array, label: number): void
}

/** The exact second-order learner. */
export function exactLearner(columns: number, forgetting: number, limit: 'trace' | 'column' = 'trace'): Learner {
  let model: OnlineLogistic = startOnlineLogistic(columns)
  return {
    probability: row => onlineProbability(model, row),
    learn: (row, label) => {
      const next = learnOnline(model, row, label, { forgetting, limit })
      if (!next.ok) throw new Error(next.detail)
      model = next.model
    },
  }
}

/** Plain gradient steps, the yardstick of the published tables. */
export function gradientLearner(columns: number, rate: number, interceptRate = rate): Learner {
  const weights = new Float64Array(columns)
  let intercept = 0
  const probability = (row: Float64Array) =>
    sigmoid(row.reduce((sum, value, j) => sum + weights[j]! * value, intercept))
  return {
    probability,
    learn: (row, label) => {
      const away = probability(row) - label
      for (let j = 0; j < columns; j++) weights[j]! -= rate * away * row[j]!
      intercept -= interceptRate * away
    },
  }
}

/** Progressive validation: the scaler sees the row, the learner predicts it, then learns it. */
export function progressive(stream: Stream, learner: Learner) {
  let scaler: RunningScaler = startScaler(stream.rows[0]!.length)
  const p = new Float64Array(stream.y.length)
  let right = 0
  stream.rows.forEach((row, i) => {
    const seen = scalerSees(scaler, row)
    if (!seen.ok) throw new Error(seen.detail)
    scaler = seen.scaler
    const scaled = scaleRow(scaler, row)
    p[i] = learner.probability(scaled)
    if (p[i]! > 0.5 === (stream.y[i] === 1)) right++
    learner.learn(scaled, stream.y[i]!)
  })
  return { p, right, accuracy: right / stream.y.length }
}
