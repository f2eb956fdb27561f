import { instantOf } from '../../request/instants.ts'
import { always } from './timeline.ts'

/** A time of a query or a body, or the word always. @throws Problem `validation_failed` */
export function effectiveTime(path: string, text: string): Date {
  return text === 'always' ? always : instantOf(path, text)
}

/** As it is shown: null for always. */
export const shownFrom = (at: Date): string | null => (at.getTime() === always.getTime() ? null : at.toISOString())
