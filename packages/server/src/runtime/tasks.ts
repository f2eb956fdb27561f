import { randomUUID } from 'node:crypto'
import type { Db } from '../store/db.ts'
import { lockTask, readTasks, rememberTask, type TaskRow, takeTask, tasksChannel } from '../store/tasks.ts'
import type { Timer } from './clock.ts'
import { type Due, dueOf, nextOf, retryMs } from './due.ts'
import type { Listener } from './listen.ts'
import { every, type Loop } from './loop.ts'
import { type RunEnd, type RunOptions, runTask, type Taken } from './run-task.ts'
import type { Task } from './task.ts'

export interface TasksOptions extends RunOptions {
  /** Where several are late, they take their turns in this order. */
  readonly tasks: readonly Task[]
  /**
   * The clock of the database, epoch milliseconds: what is due and when a run was is told by it, so that processes whose own
   * clocks differ agree on which slots were done. Not given: `clock` alone says what time it is, as where time is virtual.
   */
  readonly sharedMs?: (db: Db) => Promise<number>
  /** How often it looks without being told, as news may be lost and a holder gone; 0: only when something falls due. */
  readonly pollMs?: number
  /** Told of every row at every look, so that what other processes did is known here too. */
  readonly onLook?: (row: TaskRow, now: Date) => void
  readonly onBegin?: (task: string) => void
  readonly onEnd?: (task: string, end: RunEnd | null) => void
}

export interface Tasks extends AsyncDisposable, Listener {
  /** Resolves when everything has ended that is due at this moment. */
  settle(): Promise<void>
}

/** Two at once, so that a night of learning does not keep the hourly ones waiting; of those that are late only one. */
const atOnce = 2

/**
 * Runs what recurs. Each run is a lease in the database, so that of many processes one runs it; one that dies is followed
 * by another when the lease has run out. What was missed and what failed is made up, one after another.
 */
export async function openTasks(options: TasksOptions): Promise<Tasks> {
  const { db, clock, tasks, signal, pollMs = 10_000 } = options
  await db.transaction([], async handle => {
    const now = await timeOf(handle, options)
    for (const { name, schedule } of tasks) await rememberTask(handle, name, schedule, now)
  })
  const running = new Map<string, { readonly late: boolean; readonly ran: Promise<boolean> }>()
  let soonest: Timer | null = null

  /** @returns false: somebody else has it, or the database is away; the next look will see */
  const runOnce = async (task: Task): Promise<boolean> => {
    let end: RunEnd | null = null
    try {
      const taken = await take(task, options)
      if (taken === null) return false
      options.onBegin?.(task.name)
      try {
        end = await runTask(taken, options)
      } finally {
        options.onEnd?.(task.name, end)
      }
    } catch (error) {
      options.onError(error, task.name)
    }
    return end !== null
  }
  const start = (task: Task, { late }: Due): void => {
    const ran = runOnce(task).finally(() => running.delete(task.name))
    running.set(task.name, { late, ran })
    void ran.then(did => {
      if (did) loop?.wake()
    })
  }
  const hasRoom = ({ late }: Due): boolean =>
    running.size < atOnce && !(late && [...running.values()].some(run => run.late))

  const look = async (): Promise<void> => {
    const { known, now } = await db.transaction([], async handle => ({
      known: await readTasks(handle),
      now: await timeOf(handle, options),
    }))
    const rows = new Map(known.map(row => [row.task, row]))
    const ownAhead = clock.now().getTime() - now.getTime()
    soonest?.cancel()
    let next: Date | null = null
    for (const task of tasks) {
      const row = rows.get(task.name)
      if (row === undefined) continue
      options.onLook?.(row, now)
      if (running.has(task.name) || row.held || signal.aborted) continue
      const due = dueOf(row, now)
      if (due !== null && hasRoom(due)) start(task, due)
      const at = due === null ? nextOf(row, now)?.at : undefined
      if (at !== undefined && (next === null || at < next)) next = at
    }
    if (next !== null && !signal.aborted)
      soonest = clock.at(new Date(next.getTime() + ownAhead), () => (loop === null ? settle() : loop.wake()))
  }
  const settle = async (): Promise<void> => {
    for (let goesOn = true; goesOn; ) {
      await look()
      goesOn = (await Promise.all([...running.values()].map(run => run.ran))).includes(true)
    }
  }
  const loop: Loop | null =
    pollMs === 0 ? null : every({ name: 'tasks', clock, everyMs: pollMs, work: look, onError: options.onError })
  await (loop === null ? settle() : look())
  const wake = (): void => loop?.wake()
  return {
    channels: { [tasksChannel]: wake },
    missed: wake,
    settle,
    async [Symbol.asyncDispose]() {
      soonest?.cancel()
      await loop?.[Symbol.asyncDispose]()
      await Promise.all([...running.values()].map(run => run.ran))
    },
  }
}

const timeOf = async (db: Db, { clock, sharedMs }: TasksOptions): Promise<Date> =>
  sharedMs === undefined ? clock.now() : new Date(await sharedMs(db))

/** In one short transaction, so that of two who look at once one has it. null: not due any more, or held by another. */
async function take(task: Task, options: TasksOptions): Promise<Taken | null> {
  const { db, leaseMs } = options
  return db.transaction([], async handle => {
    const row = await lockTask(handle, task.name)
    if (row === null || row.held) return null
    const at = await timeOf(handle, options)
    const due = dueOf(row, at)
    if (due === null) return null
    const attempts = row.attempts + 1
    const only = due.why === 'retry' && task.whole !== true ? row.tenantsFailed : []
    const holder = randomUUID()
    const by = due.why === 'asked' ? (row.askedBy ?? 'asked') : due.why
    const retryAt = new Date(at.getTime() + retryMs(attempts))
    await takeTask(handle, { task: task.name, holder, by, at, retryAt, only, leaseMs })
    return { task, holder, at, only, attempts, asked: { askedAt: row.askedAt, askedBy: row.askedBy } }
  })
}
