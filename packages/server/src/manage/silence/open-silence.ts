import type { Question } from '@surety/contract'
import type { Intake } from '../../pipeline/intake.ts'
import type { Context } from '../../runtime/context.ts'
import type { Task } from '../../runtime/task.ts'
import { type SweepDeps, type Swept, silenceDays, sweepSilence } from './sweep.ts'

/** The hourly sweep that lets silence speak: of questions that say what it says. */
export function openSilence(
  { db, pods }: Pick<Context, 'db' | 'pods'>,
  { submitMany }: Pick<Intake, 'submitMany'>,
): { readonly tasks: readonly [Task<Swept>]; daysOf(tenant: string, question: Question): Promise<number> } {
  const deps: SweepDeps = { db, submit: submitMany }
  return {
    daysOf: (tenant, question) => silenceDays(deps, tenant, question),
    tasks: [
      {
        name: 'outcome-window',
        schedule: { cron: '27 * * * *', timeZone: 'UTC' },
        async run(at, signal, eachTenant) {
          const total = { looked: 0, settled: 0, moved: 0, more: false }
          await eachTenant(async tenant => {
            for (const pod of pods)
              for (const question of pod.questions) {
                const swept = await sweepSilence(deps, tenant, pod, question, at, signal)
                if (swept === null) continue
                total.looked += swept.looked
                total.settled += swept.settled
                total.moved += swept.moved
                total.more ||= swept.more
              }
          })
          return total
        },
      },
    ],
  }
}
