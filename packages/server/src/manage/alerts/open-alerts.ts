import type { Handlers } from '@surety/contract'
import type { Context } from '../../runtime/context.ts'
import { alerts } from './alerts.ts'

/** Alerts of all pods that have them. */
export function openAlerts(ctx: Pick<Context, 'db' | 'now' | 'pods'>) {
  const service = alerts(ctx)
  const routes: Handlers<'listAlerts' | 'getAlert'> = {
    listAlerts: ({ principal, query }) => service.list(principal.tenant, { limit: 50, state: 'open', ...query }),
    getAlert: ({ principal, params }) => service.get(principal.tenant, params.id),
  }
  return { routes }
}
