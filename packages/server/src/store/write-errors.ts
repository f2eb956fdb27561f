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

/** The database does not take what one of the events would leave, whenever it is tried: nothing was written. */
export class NotTaken extends Error {
  readonly holdsNoData = true
}

/** What a failed write of the line means to whoever wanted it. */
export function meaningOf(error: unknown): unknown {
  if (isUniqueViolation(error) || isDeadlock(error)) return new WriteClash('a case id was taken')
  if (isNoRoom(error)) return new NoRoom('a cap is reached')
  if (codeOf(error) === '55P03') return new LocksHeld('others hold what this batch has to hold')
  return error
}

/** The same of a batch that is written in parts where it has to be: one event is known to be at fault. */
export const meaningOfHeld = (error: unknown): unknown => {
  if (!isOfValues(error)) return meaningOf(error)
  // What the server says of it may hold the value itself.
  const { code, table, column, constraint } = error
  const where = [code, table, column, constraint].filter(Boolean).join(' ')
  return new NotTaken(`the database does not take what the batch would leave: ${where}`)
}

/** A value is none of its column, a row breaks a rule of its table, or an entry is too long for its index. That a partition is missing is no such thing. */
const isOfValues = (error: unknown): error is pg.DatabaseError =>
  error instanceof pg.DatabaseError &&
  (/^22|^54000$/.test(error.code ?? '') || (error.code === '23514' && error.constraint !== undefined))

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
