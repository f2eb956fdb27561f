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
          await eachTenant(async tenant => {
            const verdict = await db.transaction([tenant], handle => verifyAudit(handle, tenant))
            sound &&= verdict.ok
          }, platform)
          chainOk.set(sound ? 1 : 0)
        },
      },
    ],
  }
}
