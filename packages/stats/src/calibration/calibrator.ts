import { sigmoid } from '../model/sigmoid.ts'
import type { Refusal } from '../refusal.ts'
import { fitIsotonic, type Isotonic, predictIsotonic } from './isotonic.ts'
import { fitPlatt, type Platt } from './platt.ts'
import { fitVennAbers, predictVennAbers, type VennAbers } from './venn-abers.ts'

/** The model's own probability, sigmoid(z). */
export interface Identity {
  readonly ok: true
  readonly method: 'identity'
}

/** A fitted map from raw log-odds to probability; plain data. */
export type Calibrator = Identity | Platt | Isotonic | VennAbers
export type CalibratorMethod = Calibrator['method']

/** From the simplest to the most flexible: on equal loss the earlier one wins. */
export const calibratorMethods: readonly CalibratorMethod[] = ['identity', 'platt', 'isotonic', 'venn_abers']

/**
 * Fits one calibrator; isotonic is cut at 1/(n+2), so that no probability is exactly 0 or 1.
 * @param z raw scores on the logit scale, one per row
 * @param y 0 or 1 per row, same order
 * @returns or the refusal of that method (`empty`, `not_finite`, `one_class`, `no_signal`, ...)
 */
export function fitCalibrator(method: CalibratorMethod, z: Float64Array, y: Uint8Array): Calibrator | Refusal {
  if (method === 'identity') return { ok: true, method }
  if (method === 'platt') return fitPlatt(z, y)
  return method === 'isotonic' ? fitIsotonic(z, y) : fitVennAbers(z, y)
}

/** Calibrated probabilities of raw log-odds, in [0, 1]. */
export function calibrate(calibrator: Calibrator, z: Float64Array): Float64Array {
  switch (calibrator.method) {
    case 'identity':
      return z.map(sigmoid)
    case 'platt':
      return z.map(value => sigmoid(calibrator.a * value + calibrator.b))
    case 'isotonic':
      return predictIsotonic(calibrator, z)
    case 'venn_abers':
      return predictVennAbers(calibrator, z).p
  }
}
