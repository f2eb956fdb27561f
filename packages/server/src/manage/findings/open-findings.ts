import type { Handlers } from '@surety/contract'
import type { Context } from '../../runtime/context.ts'
import { findings } from './findings.ts'

/** What rules found in events. */
export function openFindings(ctx: Pick<Context, 'db' | 'now' | 'pods'>) {
  const service = findings(ctx)
  const routes: Handlers<'listFindings'> = {
    listFindings: ({ principal, query }) => service.list(principal.tenant, { limit: 50, ...query }),
  }
  return { routes }
}
