import { fixtureText } from './oracles.ts'

interface Vector {
  readonly y_true: readonly number[]
  readonly y_score: readonly number[]
}

interface MapieMetrics {
  readonly uncalibrated: Vector & {
    readonly expected: {
      readonly ks_statistic: number
      readonly kuiper_statistic: number
      readonly spiegelhalter_statistic: number
    }
  }
  readonly calibrated: Vector & { readonly expected: { readonly ks_p_value: number; readonly kuiper_p_value: number } }
  readonly cdf: Record<'kolmogorov_smirnov' | 'kuiper', Record<string, number>>
  readonly ece: Vector & { readonly value: number; readonly bins: number }
}

/** Calibration metrics as the tests of MAPIE expect them (fixtures/mapie-metrics.json). */
export const mapieMetrics: MapieMetrics = JSON.parse(fixtureText('mapie-metrics.json'))

/** A vector as the functions of this package take it. */
export function columns(vector: Vector): readonly [Float64Array, Uint8Array] {
  return [Float64Array.from(vector.y_score), Uint8Array.from(vector.y_true)]
}
