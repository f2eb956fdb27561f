import type { Registry } from 'prom-client'
import type { WorkWatch } from '../pipeline/item.ts'
import type { Series } from './histogram.ts'
import { histogram } from './register.ts'

export function workMetrics(registry: Registry, monotonicMs: () => number): WorkWatch {
  const redaction = histogram(registry, 'pii_redaction_latency_seconds')
  const surfaces = {
    conversation: redaction.labels({ surface: 'conversation' }),
    notes: redaction.labels({ surface: 'notes' }),
  }
  const enrichment = histogram(registry, 'lead_enrich_latency_seconds').labels({})
  const prediction = histogram(registry, 'lead_pred_latency_seconds').labels({})
  const shared = (into: Series) => (cases: number, ms: number) => into.observe(ms / 1000 / cases, cases)
  return {
    monotonicMs,
    redacted: (surface, ms) => surfaces[surface].observe(ms / 1000),
    enriched: shared(enrichment),
    scored: shared(prediction),
  }
}
