import type { Asking, Decided, Enriched, Judged, Snapshot } from './item.ts'

/**
 * Adds what the pod reads out of the event itself (and, for pods that need it, the past strictly before it), and parts each
 * event into its questions. What is decided anew goes on as what it came to before.
 */
export function enrich(
  items: readonly (Asking | Decided | (Asking & Judged))[],
  snapshot: Snapshot,
): readonly Enriched[] {
  const parted: Enriched[] = []
  for (const item of items) {
    const enrichment = item.pod.enrich(item.event, {
      now: item.recordedAt,
      settings: item.settings,
      enrichment: snapshot.enrichment,
    })
    for (let place = 0; place < item.questions.length; place++) {
      const before = place > 0 && 'beside' in item ? item.beside?.[place - 1] : item
      const part = { ...(before ?? item), question: item.questions[place]!, enrichment }
      parted.push('looks' in item ? { ...part, look: item.looks[place]! } : part)
    }
  }
  return parted
}
