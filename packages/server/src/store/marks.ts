import { clockSlack } from './db.ts'

/*
 * Marks say up to which moment something was done. One that lies further ahead than clocks differ was set by a clock that was
 * wrong: believed, nothing would be done until that moment comes. It counts as none, and what was done is done once more.
 */

/** Of `done_until`, in a statement that is asked at `$now` (null: whatever it says): the mark can be believed. */
export const believed = (now: string): string =>
  `(${now}::timestamptz is null or done_until <= ${now}::timestamptz + ${clockSlack})`

/** What a conflict of `insert into retention_marks as kept` sets: the later of both, but for one that is not believed. */
export const laterMark = (now: string): string => `done_until = case
  when kept.done_until > ${now}::timestamptz + ${clockSlack} then excluded.done_until
  else greatest(kept.done_until, excluded.done_until) end`
