import type { Context } from '../../runtime/context.ts'
import { leadGauges } from './lead-metrics.ts'
import { reports } from './reports.ts'
import { reportRoutes } from './routes.ts'

interface ReportsNeeds {
  /** Where the model of the leads is kept that the figures speak of. */
  modelScope(): string
}

/** What has become of leads, as pages, files and figures. */
export function openReports(
  ctx: Pick<Context, 'db' | 'now' | 'audit' | 'leads' | 'metrics' | 'figures'>,
  { modelScope }: ReportsNeeds,
) {
  leadGauges(ctx, modelScope)
  return { routes: reportRoutes(reports({ ...ctx, pod: ctx.leads.name })) }
}
