import type { FeatureSpec, FeatureValue } from '@surety/contract'
import type { FeatureStats } from './artefact.ts'

/** Predictions in the window. */
export const driftWindow = 1000
/** Above this the gauge is a warning, once the window holds `driftLeastRows`. */
export const driftLimit = 3
export const driftLeastRows = 100

export interface DriftGauge {
  readonly size: number
  /** Adds one prediction; the oldest leaves when the window is full. Values in the order of `schema.specs`. */
  add(schema: Schema, values: readonly FeatureValue[]): void
  /** Largest |window mean - training mean| / training std over the features; 0 without data. */
  score(trained: { readonly [feature: string]: FeatureStats }): number
}

interface Schema {
  readonly hash: string
  readonly specs: readonly Pick<FeatureSpec, 'name'>[]
}

/** The features a pod watches: its own numbers; a pod without any watches every numeric attribute of the model. */
export function driftFeatures(base: readonly FeatureSpec[], modelFeatures: readonly string[]): readonly string[] {
  const own = base.filter(spec => spec.kind === 'numeric' || spec.kind === 'cyclic').map(spec => spec.name)
  return own.length > 0 ? own : modelFeatures
}

/**
 * Window over the newest predictions. Sums are made when they are asked for: a thousand rows take microseconds, and
 * running sums would carry rounding from values that left long ago. A value that is missing counts for no mean.
 */
export function createDriftGauge(features: readonly string[]): DriftGauge {
  const width = features.length
  const ring = new Float64Array(driftWindow * width).fill(Number.NaN)
  const orders = new Map<string, Int32Array>()
  let next = 0
  let size = 0
  return {
    get size() {
      return size
    },
    add(schema, values) {
      let order = orders.get(schema.hash)
      if (order === undefined) {
        const places = new Map(schema.specs.map((spec, place) => [spec.name, place]))
        order = Int32Array.from(features, name => places.get(name) ?? -1)
        orders.set(schema.hash, order)
      }
      const start = next * width
      for (let f = 0; f < width; f++) {
        const value = values[order[f]!]
        ring[start + f] = typeof value === 'number' ? value : Number.NaN
      }
      next = (next + 1) % driftWindow
      size = Math.min(size + 1, driftWindow)
    },
    score(trained) {
      let largest = 0
      for (let f = 0; f < width; f++) {
        const stats = trained[features[f]!]
        if (stats === undefined || !(stats.std > 0)) continue
        let n = 0
        let sum = 0
        for (let row = 0; row < size; row++) {
          const value = ring[row * width + f]!
          if (Number.isNaN(value)) continue
          sum += value - stats.mean
          n++
        }
        if (n > 0) largest = Math.max(largest, Math.abs(sum / n) / stats.std)
      }
      return largest
    },
  }
}
