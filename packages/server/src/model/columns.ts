import { encoderColumns } from '@surety/stats'
import { readEncoder, type StoredEncoder } from './artefact.ts'

const lacksOther = (encoder: StoredEncoder): boolean => encoder.kind === 'onehot' && encoder.other === false

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

/** The way back: an untrained `other` gets coefficient 0. */
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
