import type { TaskRow } from '../store/tasks.ts'
import { nextMoment, type Schedule } from './cron.ts'

const minuteMs = 60_000

/** Clocks of replicas differ a little; a moment that lies further ahead was written by a clock that was wrong. */
const aheadMs = 5 * minuteMs
/** A slot that passed longer ago than this was missed, and is made up when there is time for it. */
const lateMs = 5 * minuteMs
const longestRetryMs = 60 * minuteMs

/** 1, 2, 4, 8 ... minutes after the first, second ... run that did not end well, an hour at most. */
export const retryMs = (attempts: number): number => Math.min(minuteMs * 2 ** (attempts - 1), longestRetryMs)

export const scheduleOf = (row: TaskRow): Schedule | null => row.set ?? row.usual

/** What the clock of the row says lies in the future: it was wrong then, or ours is now. Such a success counts as none. */
export const isAhead = (moment: Date | null, now: Date): boolean =>
  moment !== null && moment.getTime() > now.getTime() + aheadMs

export interface Due {
  readonly why: 'asked' | 'retry' | 'schedule'
  /** Nobody waits for it: it takes its turn after others that are late. */
  readonly late: boolean
}

/** null: not yet. Whether somebody runs it already is not asked here. */
export function dueOf(row: TaskRow, now: Date): Due | null {
  if (row.askedAt !== null) return { why: 'asked', late: false }
  const next = nextOf(row, now)
  if (next === null || next.at > now) return null
  return { why: next.why, late: next.why === 'retry' || now.getTime() - next.at.getTime() > lateMs }
}

/** When it runs next by itself; a moment that has passed: it is due. */
export function nextOf(row: TaskRow, now: Date): { readonly why: 'retry' | 'schedule'; readonly at: Date } | null {
  const schedule = scheduleOf(row)
  if (row.paused || schedule === null) return null
  const failing = row.attempts > 0
  // Which slots were done nobody knows, so one is made up; if that fails, it waits as any other does.
  if (isAhead(row.lastSuccess, now))
    return failing ? { why: 'retry', at: retryOf(row, now) } : { why: 'schedule', at: new Date(0) }
  const began = failing ? row.startedAt : null
  const known = [row.lastSuccess, row.countsFrom, began].filter(moment => moment !== null && !isAhead(moment, now))
  const slot = nextMoment(schedule, new Date(Math.max(0, ...known.map(moment => moment!.getTime()))))
  const retry = failing ? retryOf(row, now) : null
  // A slot that has passed meanwhile is about all tenants, a second try perhaps about few.
  if (retry !== null && (slot === null || (slot > now && retry < slot))) return { why: 'retry', at: retry }
  return slot === null ? null : { why: 'schedule', at: slot }
}

function retryOf({ retryAt }: TaskRow, now: Date): Date {
  const wrong = retryAt === null || retryAt.getTime() > now.getTime() + longestRetryMs + aheadMs
  return wrong ? now : retryAt
}
