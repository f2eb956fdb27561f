import type { Config } from '../../config/config.ts'
import type { Context } from '../../runtime/context.ts'
import type { Task } from '../../runtime/task.ts'
import { forgetOldKeys } from '../../store/idempotency.ts'
import { gapGuard } from './long-gap.ts'
import { retain } from './retain.ts'

type Days = Pick<Config, 'memoryTtlDays' | 'contactTtlDays' | 'recordTtlDays'>

export interface RetentionNeeds {
  /** Held against the clock of the database before anything goes. */
  readonly wallClock: () => Date
  /** Time is another one than that of the wall: a history has gaps that nobody has to know of. */
  readonly ownTime: boolean
  /** The most days that a kind of event remembers its ids; null: none forgets them. */
  readonly rememberDays: number | null
}

/** What is kept only so long. */
export function openRetention(
  { db, clock, config }: Pick<Context, 'db' | 'clock'> & { readonly config: Days },
  needs: RetentionNeeds,
): { readonly tasks: readonly Task[] } {
  const { memoryTtlDays, contactTtlDays, recordTtlDays } = config
  const name = 'retention'
  const afterAGap = gapGuard(db, name, clock)
  const deps = { db, memoryTtlDays, contactTtlDays, recordTtlDays, ...needs, forgetOldKeys }
  return {
    tasks: [
      {
        name,
        schedule: { cron: '7 * * * *', timeZone: 'UTC' },
        run: (at, signal, eachTenant, asked = false) => {
          const mayDelete = needs.ownTime ? {} : { mayDelete: () => afterAGap(at, asked) }
          return retain({ ...deps, signal, ...mayDelete }, at, eachTenant)
        },
      },
    ],
  }
}
