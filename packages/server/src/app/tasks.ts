import type { Registry } from 'prom-client'
import type { Config } from '../config/config.ts'
import { verifyAudit } from '../manage/audit/verify-audit.ts'
import { gauge } from '../metrics/register.ts'
import { platform, type Task } from '../runtime/task.ts'
import type { Database } from '../store/db.ts'
import { forgetOldKeys } from '../store/idempotency.ts'
import type { OpenModels } from './open-models.ts'
import { retain } from './retention.ts'

export interface TaskDeps {
  readonly db: Database
  readonly config: Config
  readonly models: OpenModels
  readonly registry: Registry
  readonly onError: (error: unknown, task?: string) => void
  /** What else recurs. */
  readonly more: readonly Task[]
}

const utc = (cron: string) => ({ cron, timeZone: 'UTC' })

/**
 * What recurs, unless a person sets other times: retention every hour, the self-check of the audit log every day, nightly
 * learning at 03:17 UTC. Where several are late they take their turns in this order: learning takes longest.
 */
export function recurringTasks({ db, config, models, registry, onError, more }: TaskDeps): readonly Task[] {
  const chainOk = gauge(registry, 'audit_chain_ok')
  chainOk.remove()
  return [
    {
      name: 'retention',
      schedule: utc('7 * * * *'),
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
    ...more,
    {
      name: 'audit-self-check',
      schedule: utc('30 4 * * *'),
      // One gauge for all: a second try walks all of them too.
      whole: true,
      async run(_at, _signal, eachTenant) {
        let sound = true
        await eachTenant(async tenant => {
          const verdict = await db.transaction([tenant], handle => verifyAudit(handle, tenant))
          sound &&= verdict.ok
        }, platform)
        chainOk.set(sound ? 1 : 0)
      },
    },
    {
      name: 'nightly-retrain',
      schedule: config.nightlyRetrain ? utc('17 3 * * *') : null,
      run: (_at, _signal, eachTenant) => models.retrainAll(eachTenant),
    },
  ]
}
