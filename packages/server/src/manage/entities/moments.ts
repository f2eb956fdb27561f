import { Problem } from '../../errors.ts'
import { instantOf } from '../../request/instants.ts'
import { always, latest } from './timeline.ts'

/** A time of a query or a body, or the word always. @throws Problem `validation_failed` */
export function effectiveTime(path: string, text: string): Date {
  return text === 'always' ? always : within(path, instantOf(path, text))
}

/** @throws Problem `validation_failed` */
export function within(path: string, at: Date): Date {
  if (at >= always && at <= latest) return at
  const error = { path, code: 'out_of_range', message: 'must lie between 1800 and 2200' }
  throw new Problem('validation_failed', undefined, { errors: [error] })
}

/** As it is shown: null for always. */
export const shownFrom = (at: Date): string | null => (at.getTime() === always.getTime() ? null : at.toISOString())
