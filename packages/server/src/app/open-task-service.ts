import type { Config } from '../config/config.ts'
import { type TaskServiceDeps, taskService } from '../manage/tasks/tasks.ts'
import { scheduleFault } from '../runtime/cron.ts'
import { nextOf } from '../runtime/due.ts'
import { auditOf } from '../store/audit.ts'
import { type Database, openDatabase } from '../store/db.ts'
import { tenantsOf } from '../store/tenants.ts'
import { openEmbeddedOrJoin } from './open-or-join.ts'

/** Tasks as people see and change them, over the rules of the runtime. */
export function openTaskService(db: Database, now: () => Date, audit: TaskServiceDeps['audit']) {
  return taskService({
    db,
    now,
    tenants: () => db.transaction([], tenantsOf),
    nextOf: (row, at) => nextOf(row, at)?.at ?? null,
    faultOf: scheduleFault,
    audit,
  })
}

export type TaskService = ReturnType<typeof openTaskService>

/** From the command line, through the database: a service that runs hears of it at once. */
export async function openTasksDirectly(config: Config): Promise<AsyncDisposable & { readonly service: TaskService }> {
  await using stack = new AsyncDisposableStack()
  const { address, role } = stack.use(await openEmbeddedOrJoin(config))
  const db = stack.use(openDatabase(address, role, 2))
  const now = () => new Date()
  const open = stack.move()
  return {
    service: openTaskService(db, now, auditOf()),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
