import type { JsonObject } from '@surety/contract'
import type { Registry } from 'prom-client'
import { counter, histogram } from './register.ts'

/** The words an enrichment chooses from: their series exist before the first lead. */
const words = {
  intent: ['quote', 'support', 'info', 'unknown'],
  urgency: ['high', 'medium', 'low'],
  sentiment: ['positive', 'neutral', 'negative'],
} as const

/** Counts what enrichments of recorded leads read. What reads no intent out of its events is not counted. */
export function enrichMetrics(registry: Registry): (enrichment: JsonObject) => void {
  const seen = counter(registry, 'agent_intent_total')
  const all = counter(registry, 'lead_enrich_total')
  const intents = counter(registry, 'lead_enrich_intent_total')
  const urgencies = counter(registry, 'lead_enrich_urgency_total')
  const sentiments = counter(registry, 'lead_enrich_sentiment_total')
  const score = histogram(registry, 'lead_enrich_score')
  const count = (intent: string, urgency: string, sentiment: string, by: number): void => {
    all.inc({ intent, urgency, sentiment }, by)
    seen.inc({ intent }, by)
    intents.inc({ intent }, by)
    urgencies.inc({ urgency }, by)
    sentiments.inc({ sentiment }, by)
  }
  for (const intent of words.intent)
    for (const urgency of words.urgency) for (const sentiment of words.sentiment) count(intent, urgency, sentiment, 0)
  return enrichment => {
    const { intent, urgency, sentiment } = enrichment
    if (typeof intent !== 'string' || typeof urgency !== 'string' || typeof sentiment !== 'string') return
    count(intent, urgency, sentiment, 1)
    if (typeof enrichment['score'] === 'number') score.observe(enrichment['score'])
  }
}
