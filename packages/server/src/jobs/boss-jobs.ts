import { PgBoss } from 'pg-boss'
import { clientConfig, type Database } from '../store/db.ts'
import { findTaskRun, holdTask, markTaskRun } from '../store/task-runs.ts'
import type { Jobs, Task } from './jobs.ts'
import { cronOf, firedSlot, previousSlot } from './slot.ts'

export interface BossDeps {
  readonly db: Database
  readonly now: () => Date
  /** Aborted when the process stops: what runs is asked to end, and is waited for. */
  readonly signal?: AbortSignal
  readonly onError: (error: unknown, task?: string) => void
  /** Told of every success, and at start of the last one that is known. */
  readonly onSuccess?: (task: string, at: Date) => void
}

/**
 * Recurring tasks on pg-boss: one replica runs a slot. pg-boss fires a new schedule at once for the minute just past,
 * so each run first looks whether its slot was done; a slot missed while the service was down is made up once at start.
 */
export async function startJobs(tasks: readonly Task[], deps: BossDeps): Promise<Jobs> {
  const { db } = deps
  const config = clientConfig(db.address, db.role)
  const { types: _, ...connection } = config as { [key: string]: unknown }
  const boss = new PgBoss({ ...connection, schema: 'pgboss', max: 2, application_name: 'surety-jobs' })
  boss.on('error', error => deps.onError(error))
  await boss.start()
  for (const task of tasks) {
    await boss.createQueue(task.name, { retryLimit: 2, retryDelay: 30, expireInSeconds: 3_600 })
    await boss.schedule(task.name, cronOf(task.rhythm), null, { tz: 'UTC' })
    await boss.work(task.name, { pollingIntervalSeconds: 10 }, () =>
      runFired(task, deps).catch(error => {
        // pg-boss keeps what failed in its own table and says nothing.
        deps.onError(error, task.name)
        throw error
      }),
    )
  }
  const making = await makeUp(tasks, deps)
  return {
    async runNow(name) {
      const task = tasks.find(candidate => candidate.name === name)
      if (task === undefined) throw new Error(`there is no task called ${name}`)
      await runHeld(task, deps, (_, at) => at)
    },
    async [Symbol.asyncDispose]() {
      await boss.stop({ graceful: true, timeout: 10_000 })
      await Promise.all(making)
    },
  }
}

/** A slot that has passed since the last success is run once, whatever number of slots were missed. */
async function makeUp(tasks: readonly Task[], deps: BossDeps): Promise<readonly Promise<void>[]> {
  const making: Promise<void>[] = []
  for (const task of tasks) {
    const { lastSuccess } = await deps.db.transaction([], db => findTaskRun(db, task.name))
    // A first start has missed nothing.
    if (lastSuccess === null) await deps.db.transaction([], db => markTaskRun(db, task.name, deps.now()))
    deps.onSuccess?.(task.name, lastSuccess ?? deps.now())
    if (lastSuccess !== null) making.push(runSlot(task, deps).catch(error => deps.onError(error, task.name)))
  }
  return making
}

const runSlot = (task: Task, deps: BossDeps): Promise<void> => runDue(task, deps, at => previousSlot(task.rhythm, at))

/** What pg-boss fires: it goes by the clock of the database, so the slot may not have begun yet by ours. */
export const runFired = (task: Task, deps: BossDeps): Promise<void> =>
  runDue(task, deps, at => firedSlot(task.rhythm, at))

/** A slot that begins in a moment counts as begun: marked earlier than it begins, it would be run a second time. */
const runDue = (task: Task, deps: BossDeps, slotOf: (at: Date) => Date): Promise<void> =>
  runHeld(task, deps, (lastSuccess, now) => {
    const slot = slotOf(now)
    if (lastSuccess !== null && lastSuccess >= slot) return null
    return new Date(Math.max(slot.getTime(), now.getTime()))
  })

/** @param momentOf when the run takes place; null: not due */
async function runHeld(
  task: Task,
  deps: BossDeps,
  momentOf: (lastSuccess: Date | null, now: Date) => Date | null,
): Promise<void> {
  await deps.db.transaction([], async db => {
    if (!(await holdTask(db, task.name))) return
    const { lastSuccess, paused } = await findTaskRun(db, task.name)
    const at = momentOf(lastSuccess, deps.now())
    if (paused || at === null) return
    await task.run(at, deps.signal)
    await markTaskRun(db, task.name, at)
    deps.onSuccess?.(task.name, at)
  })
}
