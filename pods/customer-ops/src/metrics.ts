import type { PodMetrics } from '@surety/contract'

/** The words an enrichment chooses from. */
const intents = ['quote', 'support', 'info', 'unknown']
const urgencies = ['high', 'medium', 'low']
const sentiments = ['positive', 'neutral', 'negative']
/** Routes that leads come through; the service says `none` of those from inside. */
const doors = ['/v1/lead', '/v1/events', 'none']
const alone = (words: readonly string[]) => words.map(word => [word])

/** What enrichments of recorded leads read. */
export const metrics: PodMetrics = {
  catalogue: {
    agent_intent_total: {
      type: 'counter',
      help: 'Intents seen in what came in, by the route it came through; none: from inside.',
      labels: ['intent', 'route'],
    },
    lead_enrich_total: {
      type: 'counter',
      help: 'Enrichments by what they read.',
      labels: ['intent', 'urgency', 'sentiment'],
    },
    lead_enrich_intent_total: { type: 'counter', help: 'Enrichments by intent.', labels: ['intent'] },
    lead_enrich_urgency_total: { type: 'counter', help: 'Enrichments by urgency.', labels: ['urgency'] },
    lead_enrich_sentiment_total: { type: 'counter', help: 'Enrichments by sentiment.', labels: ['sentiment'] },
    lead_enrich_score: {
      type: 'histogram',
      help: 'Score of an enrichment, 0 to 1.',
      labels: [],
      buckets: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
    },
  },
  first: {
    agent_intent_total: intents.flatMap(intent => doors.map(route => [intent, route])),
    lead_enrich_total: intents.flatMap(intent =>
      urgencies.flatMap(urgency => sentiments.map(sentiment => [intent, urgency, sentiment])),
    ),
    lead_enrich_intent_total: alone(intents),
    lead_enrich_urgency_total: alone(urgencies),
    lead_enrich_sentiment_total: alone(sentiments),
  },
  count({ intent, urgency, sentiment, score }, counts, route) {
    if (typeof intent !== 'string' || typeof urgency !== 'string' || typeof sentiment !== 'string') return
    counts.add('lead_enrich_total', intent, urgency, sentiment)
    counts.add('agent_intent_total', intent, route)
    counts.add('lead_enrich_intent_total', intent)
    counts.add('lead_enrich_urgency_total', urgency)
    counts.add('lead_enrich_sentiment_total', sentiment)
    if (typeof score === 'number') counts.observe('lead_enrich_score', score)
  },
}
