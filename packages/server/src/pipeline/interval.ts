import type { Bounded, Scored } from './item.ts'

const none = {
  lower: null,
  upper: null,
  level: null,
  method: null,
  calibrationSize: 0,
  calibrated: null,
  reason: 'no_calibration',
} as const

/**
 * Bounds on the probability. They need a calibration set of rows that the model never saw; none is kept yet, so every
 * answer says `no_calibration` instead of a number.
 */
export function interval(items: readonly Scored[]): readonly Bounded[] {
  return items.map(item => ({ ...item, interval: none }))
}
