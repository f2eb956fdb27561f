import { faultFinder, nulIn } from '@surety/contract'
import type { TSchema } from 'typebox'
import { Problem } from '../errors.ts'

/** @throws Problem `validation_failed` with one entry per field: the first thing that is wrong with it */
export function checker(schema: TSchema): (value: unknown) => void {
  const faults = faultFinder(schema)
  return value => {
    const errors = faults(value)
    if (errors.length > 0) throw new Problem('validation_failed', undefined, { errors })
  }
}

/** A database has no text with a NUL in it. @throws Problem `validation_failed` that names the first such text */
export function refuseNul(value: unknown): void {
  const path = nulIn(value)
  if (path === null) return
  const errors = [{ path, code: 'format', message: 'holds a NUL character' }]
  throw new Problem('validation_failed', undefined, { errors })
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
