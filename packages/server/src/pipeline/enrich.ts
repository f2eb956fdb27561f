import type { Asking, Decided, Enriched, Judged, Snapshot } from './item.ts'

/**
 * Adds what the pod reads out of the event itself (and, for pods that need it, the past strictly before it), and parts each
 * event into its questions. What is decided anew goes on as what it came to before.
 */
export function enrich(items: readonly (Asking | Decided | Judged)[], snapshot: Snapshot): readonly Enriched[] {
  const parted: Enriched[] = []
  for (const item of items) {
    const enrichment = item.pod.enrich(item.event, {
      now: item.recordedAt,
      settings: item.settings,
      enrichment: snapshot.enrichment,
    })
    if ('asks' in item) {
      // Where cases have a life of their own it is known later which one it hangs on.
      const caseId = item.caseId ?? ''
      for (const { question, look } of item.asks) parted.push({ ...item, caseId, question, enrichment, look })
      continue
    }
    for (let place = 0; place < item.questions.length; place++) {
      const before = place > 0 && 'beside' in item ? item.beside?.[place - 1] : item
      parted.push({ ...(before ?? item), question: item.questions[place]!, enrichment })
    }
  }
  return parted
}
