import type { Config } from '../../config/config.ts'
import type { Context } from '../../runtime/context.ts'
import type { Task } from '../../runtime/task.ts'
import { forgetOldKeys } from '../../store/idempotency.ts'
import { retain } from './retain.ts'

type Days = Pick<Config, 'memoryTtlDays' | 'contactTtlDays' | 'recordTtlDays'>

export interface RetentionNeeds {
  /** Held against the clock of the database before anything goes. */
  readonly wallClock: () => Date
  /** The most days that a kind of event remembers its ids; null: none forgets them. */
  readonly rememberDays: number | null
}

/** What is kept only so long. */
export function openRetention(
  { db, config }: Pick<Context, 'db'> & { readonly config: Days },
  needs: RetentionNeeds,
): { readonly tasks: readonly Task[] } {
  const { memoryTtlDays, contactTtlDays, recordTtlDays } = config
  const deps = { db, memoryTtlDays, contactTtlDays, recordTtlDays, ...needs, forgetOldKeys }
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
