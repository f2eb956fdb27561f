import { placeOf } from '@surety/contract'
import { gauge } from '../../metrics/register.ts'
import type { Context } from '../../runtime/context.ts'
import { caseFigures, modelFigures } from '../../store/case-figures.ts'
import { tenantsOf } from '../../store/tenants.ts'
import { outcomeAnalytics } from './analytics.ts'

/** As many labels and leads of a tenant are looked at: more would say the same and cost more. */
const mostLabels = 1_000
const newestLeads = 1_000

const epoch = (at: Date | null): number => (at === null ? 0 : at.getTime() / 1000)

/**
 * Gauges of the leads and their model that lie in the database, over all tenants.
 * @param modelScope where the model is kept that /metrics speaks of
 */
export function leadGauges(
  { db, metrics: registry, figures, leads: pod, now }: Pick<Context, 'db' | 'metrics' | 'figures' | 'leads' | 'now'>,
  modelScope: () => string,
): void {
  const labels = gauge(registry, 'lead_labels_settled')
  const newest = gauge(registry, 'lead_newest_label_ts')
  const oldest = gauge(registry, 'lead_oldest_case_ts')
  const rate = gauge(registry, 'lead_conversion_rate')
  const sample = gauge(registry, 'lead_conversion_sample_size')
  const verdict = gauge(registry, 'lead_model_last_verdict_ts')
  const everActive = gauge(registry, 'lead_model_ever_active')
  const known = gauge(registry, 'api_tenants_count')
  figures.add(async () => {
    const tenants = await db.transaction([], tenantsOf)
    known.set(tenants.length)
    const scope = modelScope()
    const model = await db.transaction([scope], handle => modelFigures(handle, scope, placeOf(pod.questions[0])))
    verdict.set(epoch(model.lastVerdict))
    everActive.set(model.everActive ? 1 : 0)
    const sum = { labels: 0, newest: 0, oldest: Number.POSITIVE_INFINITY }
    for (const tenant of tenants) {
      const found = await db.transaction([tenant], handle => caseFigures(handle, tenant, pod.name, mostLabels))
      sum.labels += found.labels
      sum.newest = Math.max(sum.newest, epoch(found.newestLabel))
      if (found.oldestCase !== null) sum.oldest = Math.min(sum.oldest, epoch(found.oldestCase))
    }
    labels.set(sum.labels)
    newest.set(sum.newest)
    oldest.set(Number.isFinite(sum.oldest) ? sum.oldest : 0)
  })
  // A look at a thousand leads of each tenant: a rate that is watched for hours may be a minute old.
  figures.add(async () => {
    let settled = 0
    let positive = 0
    for (const tenant of await db.transaction([], tenantsOf)) {
      const scope = { tenant, pod: pod.name, limit: newestLeads, asOf: now() }
      const found = await db.read([tenant], reader => outcomeAnalytics(reader, scope))
      settled += found.conversion_n
      positive += (found.conversion_rate ?? 0) * found.conversion_n
    }
    sample.set(settled)
    rate.set(settled === 0 ? 0 : positive / settled)
  }, 4)
}
