import type { Answered, JsonObject, Principal } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Context } from '../../runtime/context.ts'
import { scheduleFault } from '../../runtime/cron.ts'
import { nextOf } from '../../runtime/due.ts'
import type { Db } from '../../store/db.ts'
import {
  askForTask,
  lockTask,
  pauseTask,
  readTasks,
  scheduleTask,
  type TaskRow,
  type TaskSchedule,
  tellTask,
} from '../../store/tasks.ts'
import { tenantsOf } from '../../store/tenants.ts'

type TaskContext = Pick<Context, 'db' | 'now' | 'audit'>

/** Who asks: a key, or the command line with the tenant `*`. */
export type Asker = Pick<Principal, 'tenant'> & { readonly actor: string }

type TaskView = Answered<'runTask'>

type Change = (db: Db, row: TaskRow, at: Date) => Promise<{ readonly before?: JsonObject; readonly after?: JsonObject }>

/** What recurs, as people see it and change it. Every change is audited, and heard by every process with its commit. */
export function taskService(deps: TaskContext) {
  const change = async (asker: Asker, name: string, action: string, requestId: string | undefined, work: Change) => {
    const { db } = deps
    // A task is of the whole installation.
    if (asker.tenant !== '*' && (await db.transaction([], tenantsOf)).length > 1)
      throw new Problem('platform_key_required', 'A task runs for all tenants, so a platform key must change it.')
    await db.transaction([asker.tenant], async handle => {
      const row = await lockTask(handle, name)
      if (row === null) throw new Problem('task_not_found')
      const at = deps.now()
      const { tenant, actor } = asker
      const values = await work(handle, row, at)
      await tellTask(handle, name)
      await deps.audit(handle, { tenant, at, actor, action, ...values, requestId, detail: { task: name } })
    })
    const row = (await db.transaction([], readTasks)).find(one => one.task === name)
    if (row === undefined) throw new Problem('task_not_found')
    return viewOf(deps, row, asker)
  }
  return {
    async list(asker: Asker): Promise<Answered<'listTasks'>> {
      const rows = await deps.db.transaction([], readTasks)
      return { items: rows.map(row => viewOf(deps, row, asker)), as_of: deps.now().toISOString() }
    },
    run: (asker: Asker, name: string, requestId?: string) =>
      change(asker, name, 'task.run', requestId, async (db, _, at) => {
        await askForTask(db, name, asker.actor, at)
        return {}
      }),
    pause: (asker: Asker, name: string, requestId?: string) =>
      change(asker, name, 'task.paused', requestId, async (db, { paused }) => {
        await pauseTask(db, name, null)
        return { before: { paused }, after: { paused: true } }
      }),
    resume: (asker: Asker, name: string, requestId?: string) =>
      change(asker, name, 'task.resumed', requestId, async (db, { paused }, at) => {
        // One that was not paused keeps what it has to make up.
        if (paused) await pauseTask(db, name, at)
        return { before: { paused }, after: { paused: false } }
      }),
    /** @param schedule null: the usual one */
    schedule: (asker: Asker, name: string, schedule: TaskSchedule | null, requestId?: string) =>
      change(asker, name, 'task.scheduled', requestId, async (db, { set }, at) => {
        const fault = schedule === null ? null : scheduleFault(schedule, at)
        if (fault !== null)
          throw new Problem('validation_failed', undefined, { errors: [{ ...fault, code: 'invalid' }] })
        await scheduleTask(db, name, schedule, at)
        return { before: { schedule: scheduleView(set) }, after: { schedule: scheduleView(schedule) } }
      }),
  }
}

const scheduleView = (schedule: TaskSchedule | null) =>
  schedule === null ? null : { cron: schedule.cron, time_zone: schedule.timeZone }
const instant = (moment: Date | null): string | null => moment?.toISOString() ?? null

function viewOf(deps: TaskContext, row: TaskRow, asker: Asker): TaskView {
  const now = deps.now()
  return {
    name: row.task,
    schedule: scheduleView(row.set ?? row.usual),
    usual_schedule: scheduleView(row.usual),
    paused: row.paused,
    running: row.held,
    asked_at: instant(row.askedAt),
    // One that is late runs as soon as there is time for it.
    next_at: instant(later(nextOf(row, now)?.at ?? null, now)),
    last_success_at: instant(row.lastSuccess),
    attempts: row.attempts,
    last_run: row.state === null ? null : { ...lastRun(row, asker), state: row.state },
  }
}

/** A tenant learns nothing of the names and keys of others. */
function lastRun(row: TaskRow, { tenant, actor }: Asker): Omit<NonNullable<TaskView['last_run']>, 'state'> {
  const all = tenant === '*'
  const by = row.runBy ?? 'schedule'
  return {
    started_at: instant(row.startedAt),
    ended_at: instant(row.endedAt),
    duration_seconds: row.durationMs === null ? null : row.durationMs / 1000,
    by: by.startsWith('key:') && !all && by !== actor ? 'person' : by,
    error_code: row.errorCode,
    tenants_failed: row.tenantsFailed.filter(one => all || one === tenant),
    tenants_failed_count: row.tenantsFailed.length,
  }
}

const later = (one: Date | null, other: Date): Date | null => (one !== null && one < other ? other : one)
