import { Gauge, type Registry } from 'prom-client'
import type { Config } from '../config/config.ts'
import type { Task } from '../jobs/jobs.ts'
import { periodSeconds } from '../jobs/slot.ts'
import { verifyAudit } from '../manage/audit/verify-audit.ts'
import { forgetOldKeys } from '../manage/idempotency/idempotency.ts'
import type { Database } from '../store/db.ts'
import { tenantsOf } from '../store/tenants.ts'
import type { OpenModels } from './open-models.ts'
import { retain } from './retention.ts'

export interface TaskDeps {
  readonly db: Database
  readonly config: Config
  readonly models: OpenModels
  readonly now: () => Date
  readonly registry: Registry
  readonly onError: (error: unknown, task?: string) => void
  /** What else recurs. */
  readonly more?: readonly Task[]
}

export interface RecurringTasks {
  readonly tasks: readonly Task[]
  /** Sets when a task last ended well: for what ran, and at start for what ran before. */
  readonly onSuccess: (task: string, at: Date) => void
}

/** What recurs: nightly learning at 03:17 UTC, retention every hour, the self-check of the audit log every day. */
export function recurringTasks({ db, config, models, registry, onError, more = [] }: TaskDeps): RecurringTasks {
  const registers = [registry]
  const lastSuccess = new Gauge({
    name: 'scheduler_task_last_success_ts',
    help: 'When a recurring task last ended well, epoch seconds.',
    labelNames: ['task'],
    registers,
  })
  const period = new Gauge({
    name: 'scheduler_task_period_seconds',
    help: 'Seconds between two runs of a recurring task.',
    labelNames: ['task'],
    registers,
  })
  const chainOk = new Gauge({
    name: 'audit_chain_ok',
    help: 'Audit log unbroken at the last check: 1 or 0; absent until this process has made one.',
    registers,
  })
  chainOk.remove()
  const tasks: readonly Task[] = [
    ...(config.nightlyRetrain
      ? [
          {
            name: 'nightly-retrain',
            rhythm: { every: 'day', hour: 3, minute: 17 } as const,
            run: (at: Date) => models.retrainAll(at),
          },
        ]
      : []),
    {
      name: 'retention',
      rhythm: { every: 'hour', minute: 7 },
      run: (at, signal) =>
        retain(
          {
            db,
            memoryTtlDays: config.memoryTtlDays,
            contactTtlDays: config.contactTtlDays,
            recordTtlDays: config.recordTtlDays,
            wallClock: () => new Date(),
            forgetOldKeys,
            onError,
            signal,
          },
          at,
        ),
    },
    {
      name: 'audit-self-check',
      rhythm: { every: 'day', hour: 4, minute: 30 },
      async run() {
        let sound = true
        for (const tenant of [...(await db.transaction([], tenantsOf)), '*']) {
          const verdict = await db.transaction([tenant], handle => verifyAudit(handle, tenant))
          sound &&= verdict.ok
        }
        chainOk.set(sound ? 1 : 0)
      },
    },
    ...more,
  ]
  for (const task of tasks) period.set({ task: task.name }, periodSeconds(task.rhythm))
  return { tasks, onSuccess: (task, at) => lastSuccess.set({ task }, at.getTime() / 1000) }
}
