import type { Config } from '../../config/config.ts'
import type { Context } from '../../runtime/context.ts'
import type { Task } from '../../runtime/task.ts'
import { forgetOldKeys } from '../../store/idempotency.ts'
import { retain } from './retain.ts'

type Days = Pick<Config, 'memoryTtlDays' | 'contactTtlDays' | 'recordTtlDays'>

/** What is kept only so long. @param wallClock held against the clock of the database before anything goes */
export function openRetention(
  { db, config }: Pick<Context, 'db'> & { readonly config: Days },
  { wallClock }: { readonly wallClock: () => Date },
): { readonly tasks: readonly Task[] } {
  const { memoryTtlDays, contactTtlDays, recordTtlDays } = config
  const deps = { db, memoryTtlDays, contactTtlDays, recordTtlDays, wallClock, forgetOldKeys }
  return {
    tasks: [
      {
        name: 'retention',
        schedule: { cron: '7 * * * *', timeZone: 'UTC' },
        run: (at, signal, eachTenant) => retain({ ...deps, signal }, at, eachTenant),
      },
    ],
  }
}
