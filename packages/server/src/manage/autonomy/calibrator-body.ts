import type { Calibration } from '../../pipeline/item.ts'
import type { CalibratorBody } from '../../store/calibrators.ts'
import { fewerSteps } from './fewer-steps.ts'

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
