import { gauge } from '../../metrics/register.ts'
import type { Context } from '../../runtime/context.ts'
import { platform, type Task } from '../../runtime/task.ts'
import { verifyAudit } from './verify-audit.ts'

/** The audit log looks after itself: every chain is walked once a day. */
export function openAudit({ db, metrics }: Pick<Context, 'db' | 'metrics'>): { readonly tasks: readonly Task[] } {
  const chainOk = gauge(metrics, 'audit_chain_ok')
  chainOk.remove()
  return {
    tasks: [
      {
        name: 'audit-self-check',
        schedule: { cron: '30 4 * * *', timeZone: 'UTC' },
        // One gauge for all: a second try walks all of them too.
        whole: true,
        async run(_at, _signal, eachTenant) {
          let sound = true
          const whole = await eachTenant(async tenant => {
            // One snapshot: an entry written between head and pages would look like one too many.
            const verdict = await db.read([tenant], handle => verifyAudit(handle, tenant))
            sound &&= verdict.ok
          }, platform)
          // A chain that could not be read says nothing: what was broken before is not said to be sound by others.
          if (!sound) chainOk.set(0)
          else if (whole) chainOk.set(1)
        },
      },
    ],
  }
}
