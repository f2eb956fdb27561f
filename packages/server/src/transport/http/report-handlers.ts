import type { Handlers } from './call.ts'
import { instantOf } from './instants.ts'
import { asJsonObject } from './json-body.ts'
import { shownProbability } from './lead-answer.ts'

type Area = 'search' | 'outcomeAnalytics' | 'preview' | 'exportOutcomes'

export const reportHandlers: Handlers<Area> = {
  async search({ services, principal, query }) {
    const { q, limit = 20 } = query
    const { results, onlyNewest } = await services.cases.search(principal.tenant, q, { limit })
    return { query: q, count: results.length, results, only_newest: onlyNewest }
  },

  async outcomeAnalytics({ services, principal, query }) {
    return await services.reports.analytics(principal.tenant, query.limit ?? 500)
  },

  async preview({ services, principal, body }) {
    const { details, attributes } = body
    const given = attributes === undefined ? { details } : { details, attributes: asJsonObject(attributes) }
    const shown = await services.line.preview(principal.tenant, given)
    return { ...shown, pred_prob: shownProbability(shown.pred_prob) }
  },

  async exportOutcomes({ services, principal, query, requestId }) {
    const { rows, lines } = await services.reports.outcomesCsv(principal.tenant, {
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
}
