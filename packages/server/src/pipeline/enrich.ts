import type { Asking, Enriched, Snapshot } from './item.ts'

/** Adds what the pod reads out of the event itself (and, for pods that need it, the past strictly before it). */
export function enrich(items: readonly Asking[], snapshot: Snapshot): readonly Enriched[] {
  return items.map(item => ({
    ...item,
    enrichment: item.pod.enrich(item.event, {
      now: item.recordedAt,
      settings: item.settings,
      enrichment: snapshot.enrichment,
    }),
  }))
}
