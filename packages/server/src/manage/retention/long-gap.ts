import type { Clock } from '../../runtime/clock.ts'
import type { Database } from '../../store/db.ts'
import { readTasks } from '../../store/tasks.ts'

const dayMs = 86_400_000
/** What stood still for so long did so for a reason that a person knows. */
const mostGapDays = 30
/** For so long somebody may notice and set the clock right. */
const patienceMs = dayMs

/**
 * Refuses where retention last ended well, or was last resumed, more than 30 days ago: the machine was off, or its clock has jumped, and with
 * it that of a database on the same machine, so that both agree. What a person asks for is done; without one it goes on once the
 * process has run for another day.
 * @returns to be called before anything goes. @throws with a sentence that says what to do
 */
export function gapGuard(
  db: Database,
  task: string,
  clock: Pick<Clock, 'monotonicMs'>,
): (at: Date, asked: boolean) => Promise<void> {
  let noticedMs: number | null = null
  return async (at, asked) => {
    if (asked) return
    const row = (await db.transaction([], readTasks)).find(one => one.task === task)
    const last = Math.max(row?.lastSuccess?.getTime() ?? 0, row?.countsFrom?.getTime() ?? 0)
    const days = Math.floor((at.getTime() - last) / dayMs)
    if (last === 0 || days <= mostGapDays) {
      noticedMs = null
      return
    }
    noticedMs ??= clock.monotonicMs()
    if (clock.monotonicMs() - noticedMs >= patienceMs) return
    throw new Error(
      `Nothing was deleted: ${task} last ended well ${days} days ago. If the clock of this machine is right (${at.toISOString()}), let it go on with surety tasks run ${task}; else set it right. Without a word it goes on after a day.`,
    )
  }
}
