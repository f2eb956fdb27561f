import pg from 'pg'
import { actCounts } from './act-counts.ts'

/** A unique key other than the event's own was taken: a case id. Nothing was written. */
export class WriteClash extends Error {}

/** Something may no longer be done by itself, or may now: nothing was written, and the batch must be decided anew. */
export class MovedOn extends Error {}

/** What the batch would do by itself does not fit under a cap any more: nothing was written, and it must be decided anew. */
export class NoRoom extends Error {}

/** Others hold for long what the batch has to hold: nothing was written, and fewer events at once may find room. */
export class LocksHeld extends Error {}

/** What a failed write of the line means to whoever wanted it. */
export function meaningOf(error: unknown): unknown {
  if (isUniqueViolation(error) || isDeadlock(error)) return new WriteClash('a case id was taken')
  if (isNoRoom(error)) return new NoRoom('a cap is reached')
  if (codeOf(error) === '55P03') return new LocksHeld('others hold what this batch has to hold')
  return error
}

/** Two transactions that waited for each other: this one was ended, and may be tried again. */
export const isDeadlock = (error: unknown): boolean => codeOf(error) === '40P01'

/** A statement of a transaction in which one before it had failed. */
export const isAftermath = (error: unknown): boolean => codeOf(error) === '25P02'

const isUniqueViolation = (error: unknown): boolean => codeOf(error) === '23505'

/** The count that would pass its cap, as `record-batch.ts` has it refused. */
const isNoRoom = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === '23502' && error.table === actCounts.name

const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error ? String(error.code) : null
