import type { Calibration } from '../../pipeline/item.ts'
import { fewerSteps } from './fewer-steps.ts'

/** A calibrator as it is stored: only the steps of the Venn-Abers curves, so that its size follows their shape and not the rows. */
export interface CalibratorBody {
  readonly score: number | null
  readonly scores: readonly number[]
  readonly p0: readonly number[]
  readonly p1: readonly number[]
  readonly radii: readonly (number | null)[]
  readonly limits: readonly [number | null, number | null]
  /** Rows by where they came from: `held_out`, `live`, `imported`, `csv`. */
  readonly sources: { readonly [source: string]: number }
}

export interface CalibratorRow {
  readonly version: number
  readonly n: number
  readonly builtAt: Date
  readonly body: CalibratorBody
}

export function toCalibration({ version, n, builtAt, body }: CalibratorRow): Calibration {
  return {
    version,
    size: n,
    score: body.score,
    ...fewerSteps({
      scores: Float64Array.from(body.scores),
      p0: Float64Array.from(body.p0),
      p1: Float64Array.from(body.p1),
    }),
    radii: body.radii,
    limits: body.limits,
    refreshedAt: builtAt.getTime(),
  }
}
