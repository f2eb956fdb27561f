import type { Registry } from 'prom-client'
import { counter, gauge } from '../metrics/register.ts'
import type { TaskRow } from '../store/tasks.ts'
import { longestPauseSeconds, type Schedule } from './cron.ts'
import { isAhead, scheduleOf } from './due.ts'
import type { Task } from './task.ts'
import type { TasksOptions } from './tasks.ts'

/** What the tasks tell, as metrics; every series exists from the start, so that an alert can count on it. */
export function taskMetrics(
  registry: Registry,
  tasks: readonly Task[],
  monotonicMs: () => number,
): Required<Pick<TasksOptions, 'onLook' | 'onBegin' | 'onEnd'>> {
  const lastSuccess = gauge(registry, 'scheduler_task_last_success_ts')
  const period = gauge(registry, 'scheduler_task_period_seconds')
  const running = gauge(registry, 'scheduler_task_running')
  const duration = gauge(registry, 'scheduler_task_last_duration_seconds')
  const failures = counter(registry, 'scheduler_task_failures_total')
  const ahead = gauge(registry, 'scheduler_task_last_success_ahead')
  const seenAhead = new Map<string, number>()
  for (const { name: task } of tasks) {
    failures.inc({ task }, 0)
    running.set({ task }, 0)
    ahead.set({ task }, 0)
  }
  const known = new Map<string, Schedule | null>()
  const setPeriod = (task: string, schedule: Schedule | null, now: Date): void => {
    const before = known.get(task)
    if (before !== undefined && before?.cron === schedule?.cron && before?.timeZone === schedule?.timeZone) return
    known.set(task, schedule)
    if (schedule === null) period.remove({ task })
    else period.set({ task }, longestPauseSeconds(schedule, now))
  }
  return {
    onLook(row: TaskRow, now: Date) {
      const { task } = row
      const wrong = isAhead(row.lastSuccess, now)
      if (wrong) seenAhead.set(task, monotonicMs())
      // The next run puts it right within seconds, which is sooner than anybody measures.
      ahead.set({ task }, monotonicMs() - (seenAhead.get(task) ?? Number.NEGATIVE_INFINITY) < 3_600_000 ? 1 : 0)
      // An age below zero would never be old: such a success is none.
      lastSuccess.set({ task }, wrong ? 0 : (row.lastSuccess?.getTime() ?? 0) / 1000)
      if (row.durationMs !== null) duration.set({ task }, row.durationMs / 1000)
      setPeriod(task, scheduleOf(row), now)
    },
    onBegin: task => running.set({ task }, 1),
    onEnd(task, end) {
      running.set({ task }, 0)
      if (end === null || end.state === 'failed') failures.inc({ task })
      else if (end.state === 'ok') lastSuccess.set({ task }, end.at.getTime() / 1000)
      if (end !== null) duration.set({ task }, end.durationMs / 1000)
    },
  }
}
