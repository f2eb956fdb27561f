import { encoderColumns } from '@surety/stats'
import { hasOther, readEncoder, type StoredEncoder } from './artefact.ts'

const lacksOther = (encoder: StoredEncoder): boolean => encoder.kind === 'onehot' && !hasOther(encoder)

/** Columns of one feature as the file lists them: without `other` where no training row ever was `other`. */
export function storedColumns(name: string, encoder: StoredEncoder): readonly string[] {
  const columns = encoderColumns(readEncoder(name, encoder))
  return lacksOther(encoder) ? columns.slice(0, -1) : columns
}

interface Encoded {
  readonly features: readonly string[]
  readonly encoders: { readonly [feature: string]: StoredEncoder }
}

/** Fitted coefficients (with a column for every `other`) to those of the file (trained columns only). */
export function storeCoefficients(model: Encoded, fitted: Float64Array): number[] {
  const stored: number[] = []
  let at = 0
  for (const name of model.features) {
    const encoder = model.encoders[name]!
    for (const _ of storedColumns(name, encoder)) stored.push(fitted[at++]!)
    if (lacksOther(encoder)) at++
  }
  return stored
}

/**
 * The way back. An untrained `other` gets coefficient 0. For our own fits that is no guess: with an L2 penalty and an intercept without one, the
 * coefficients of a feature's levels sum to 0 (each is (sum of y - p in its level) / penalty, and the intercept makes all residuals sum to
 * 0), so a level that nobody saw has the mean effect of those that were seen, as a new group has in a random-effects model.
 */
export function fullCoefficients(model: Encoded, stored: readonly number[]): number[] {
  const full: number[] = []
  let at = 0
  for (const name of model.features) {
    const encoder = model.encoders[name]!
    for (const _ of storedColumns(name, encoder)) full.push(stored[at++]!)
    if (lacksOther(encoder)) full.push(0)
  }
  return full
}
