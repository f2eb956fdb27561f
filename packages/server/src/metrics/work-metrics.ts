import type { Registry } from 'prom-client'
import type { WorkWatch } from '../pipeline/item.ts'
import { histogram } from './register.ts'

export function workMetrics(registry: Registry, monotonicMs: () => number): WorkWatch {
  const redaction = histogram(registry, 'pii_redaction_latency_seconds')
  const surfaces = {
    conversation: redaction.labels({ surface: 'conversation' }),
    notes: redaction.labels({ surface: 'notes' }),
  }
  for (const surface of ['conversation', 'notes']) redaction.zero({ surface })
  const enrichment = histogram(registry, 'lead_enrich_latency_seconds')
  const prediction = histogram(registry, 'lead_pred_latency_seconds')
  const shared = (into: typeof enrichment) => (cases: number, ms: number) => {
    const seconds = ms / 1000 / cases
    for (let i = 0; i < cases; i++) into.observe(seconds)
  }
  return {
    monotonicMs,
    redacted: (surface, ms) => surfaces[surface].observe(ms / 1000),
    enriched: shared(enrichment),
    scored: shared(prediction),
  }
}
