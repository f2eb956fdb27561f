import type { EventResult } from '@surety/contract'
import { Problem } from '../../errors.ts'

/** What the sender of an event is told that the line did not take. */
export const rejection = ({ code, detail, errors }: Extract<EventResult, { status: 'rejected' }>): Problem =>
  new Problem(code, detail, errors === undefined ? {} : { errors })
