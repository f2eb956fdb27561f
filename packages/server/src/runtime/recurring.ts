import { clockOf } from '../store/server.ts'
import type { Context } from './context.ts'
import type { Slice } from './slice.ts'
import { taskMetrics } from './task-metrics.ts'
import { openTasks, type Tasks } from './tasks.ts'

/** How long a process that was killed keeps others from its tasks. */
const leaseMs = 60_000

interface Recurring {
  /** Where several tasks are late they take their turns in this order. */
  readonly slices: readonly Slice[]
  tenants(): Promise<readonly string[]>
  /** Time is another one than that of the wall: no clock of a database goes by it. */
  readonly ownTime: boolean
  readonly patienceMs: number
}

/** What recurs in a process: the tasks of all slices, shared with every process on this database. */
export function openRecurring(
  { db, clock, signal, log, metrics }: Pick<Context, 'db' | 'clock' | 'signal' | 'log' | 'metrics'>,
  { slices, tenants, ownTime, patienceMs }: Recurring,
): Promise<Tasks> {
  const tasks = slices.flatMap(slice => slice.tasks ?? [])
  const watched = taskMetrics(metrics, tasks, clock.monotonicMs)
  const shared = ownTime ? {} : { sharedMs: clockOf }
  // Also what fails while one looks for what is due, which has no task.
  const onError = (err: unknown, task: string, tenant?: string): void => log('task_failed', { err, task, tenant })
  return openTasks({ db, clock, ...shared, tasks, tenants, signal, onError, leaseMs, patienceMs, ...watched })
}
