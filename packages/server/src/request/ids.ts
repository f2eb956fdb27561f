import type { ProblemCode } from '@surety/contract'
import { Problem } from '../errors.ts'

/**
 * The id of a path as it is, where something can have it.
 * @throws Problem `unknown`: what no id can be is not there, whatever else is wrong with it
 */
export function possibleId(id: string, unknown: ProblemCode): string {
  if (!/^[\x21-\x7e]{1,200}$/.test(id)) throw new Problem(unknown)
  return id
}
