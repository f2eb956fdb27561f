import { readGivenTime } from '@surety/contract'
import { Problem } from '../errors.ts'

/** For a field of a body or a query that must hold one. @throws Problem `validation_failed` that names the field */
export function instantOf(path: string, text: string): Date {
  const read = readGivenTime(text)
  if (read instanceof Date) return read
  throw new Problem('validation_failed', undefined, { errors: [{ path, ...read }] })
}
