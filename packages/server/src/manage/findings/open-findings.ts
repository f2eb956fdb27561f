import type { Handlers } from '@surety/contract'
import type { Context } from '../../runtime/context.ts'
import { type FindingsNeeds, findings } from './findings.ts'

/** What rules found in events. */
export function openFindings(ctx: Pick<Context, 'db' | 'now' | 'pods'>, needs: FindingsNeeds) {
  const service = findings(ctx, needs)
  const routes: Handlers<'listFindings'> = {
    listFindings: ({ principal, query }) => service.list(principal.tenant, { limit: 50, ...query }),
  }
  return { routes }
}
