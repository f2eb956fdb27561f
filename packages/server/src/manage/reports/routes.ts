import type { Handlers } from '@surety/contract'
import { instantOf } from '../../request/instants.ts'
import type { reports } from './reports.ts'

type Area = 'outcomeAnalytics' | 'exportOutcomes'

/** Counts of outcomes, and the export for training. */
export const reportRoutes = (service: ReturnType<typeof reports>): Handlers<Area> => ({
  async outcomeAnalytics({ principal, query }) {
    return await service.analytics(principal.tenant, query.limit ?? 500)
  },

  async exportOutcomes({ principal, query, requestId }) {
    const { rows, lines } = await service.outcomesCsv(principal.tenant, {
      ...(query.since === undefined ? {} : { since: instantOf('since', query.since) }),
      ...(query.limit === undefined ? {} : { limit: query.limit }),
      actor: `key:${principal.keyId}`,
      requestId,
    })
    return {
      body: lines,
      headers: { 'x-total-rows': String(rows), 'content-disposition': 'attachment; filename="outcomes.csv"' },
    }
  },
})
