import type { JsonObject } from '@surety/contract'
import type { Registry } from 'prom-client'
import { histogram, tally } from './register.ts'

/** The words an enrichment chooses from: their series exist before the first lead. */
const words = {
  intent: ['quote', 'support', 'info', 'unknown'],
  urgency: ['high', 'medium', 'low'],
  sentiment: ['positive', 'neutral', 'negative'],
} as const

/** Counts what enrichments of recorded leads read. What reads no intent out of its events is not counted. */
export function enrichMetrics(registry: Registry): { add(enrichment: JsonObject): void; flush(): void } {
  const all = tally(registry, 'lead_enrich_total', 'intent', 'urgency', 'sentiment')
  const seen = tally(registry, 'agent_intent_total', 'intent')
  const intents = tally(registry, 'lead_enrich_intent_total', 'intent')
  const urgencies = tally(registry, 'lead_enrich_urgency_total', 'urgency')
  const sentiments = tally(registry, 'lead_enrich_sentiment_total', 'sentiment')
  const score = histogram(registry, 'lead_enrich_score')
  for (const intent of words.intent)
    for (const urgency of words.urgency)
      for (const sentiment of words.sentiment) all.zero({ intent, urgency, sentiment })
  for (const intent of words.intent) for (const counted of [seen, intents]) counted.zero({ intent })
  for (const urgency of words.urgency) urgencies.zero({ urgency })
  for (const sentiment of words.sentiment) sentiments.zero({ sentiment })
  return {
    add({ intent, urgency, sentiment, score: points }) {
      if (typeof intent !== 'string' || typeof urgency !== 'string' || typeof sentiment !== 'string') return
      all.add(intent, urgency, sentiment)
      seen.add(intent)
      intents.add(intent)
      urgencies.add(urgency)
      sentiments.add(sentiment)
      if (typeof points === 'number') score.observe(points)
    },
    flush() {
      for (const counted of [all, seen, intents, urgencies, sentiments]) counted.flush()
    },
  }
}
