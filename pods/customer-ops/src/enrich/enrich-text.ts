import { cues, type Intent, isNegator, lowPhrases, type Sentiment, type Urgency } from './cues.ts'
import { clauseEnd, wordsOf } from './words.ts'

/** `cue`: a word of the text decided; `default`: nothing was said, the usual answer stands. */
export type Evidence = 'cue' | 'default'

export interface Enrichment {
  readonly intent: Intent
  readonly sentiment: Sentiment
  readonly urgency: Urgency
  /** 0 to 1, three decimals. */
  readonly score: number
  readonly evidence: { readonly intent: Evidence; readonly sentiment: Evidence; readonly urgency: Evidence }
  /** Every cue that counted, in order and once each, with its negation where that turned it ("not happy"). */
  readonly matched: {
    readonly intent: readonly string[]
    readonly sentiment: readonly string[]
    readonly urgency: readonly string[]
  }
}

const noEvidence = Object.freeze({ intent: 'default', sentiment: 'default', urgency: 'default' } as const)
const noMatch = Object.freeze({
  intent: Object.freeze([]),
  sentiment: Object.freeze([]),
  urgency: Object.freeze([]),
})

function unsaid(intent: Intent, score: number): Enrichment {
  return Object.freeze({
    intent,
    sentiment: 'neutral',
    urgency: 'medium',
    score,
    evidence: noEvidence,
    matched: noMatch,
  })
}

/** The answer while enrichment is switched off, whatever the text. */
export const enrichmentOff: Enrichment = unsaid('unknown', 0.5)
const nothingSaid: Enrichment = unsaid('quote', 0.7)

/** How many words back a negation reaches, inside its clause. */
const reach = 3

/**
 * Variant `rules`: what a lead asks for, how they feel and how soon they need it, from cue words alone. Same text, same
 * answer. Negated intent, negative, weak and low cues count nothing; a negated positive cue counts as negative; a negated
 * strong cue counts as low, but for a leak. "no rush" and "no hurry" carry their own negation.
 */
export function enrichText(details: string): Enrichment {
  if (details === '') return nothingSaid
  const words = wordsOf(details)
  const intents: Record<'quote' | 'support' | 'info', string[]> = { quote: [], support: [], info: [] }
  const matched: Record<keyof Enrichment['matched'], string[]> = { intent: [], sentiment: [], urgency: [] }
  let positive = 0
  let negative = 0
  let strong = false
  let low = false
  let weak = false
  let negatorAt = Number.NEGATIVE_INFINITY
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    if (word === clauseEnd || word === 'but') {
      negatorAt = Number.NEGATIVE_INFINITY
      continue
    }
    const cue = cues.get(word)
    if (cue !== undefined) {
      const negated = at - negatorAt <= reach
      const shown = negated ? `${words[negatorAt]} ${word}` : word
      if (cue.intent && !negated) {
        addOnce(intents[cue.intent.kind], cue.intent.name)
        addOnce(matched.intent, word)
      }
      if (cue.sentiment === 'positive' || (cue.sentiment === 'negative' && !negated)) {
        if (cue.sentiment === 'positive' && !negated) positive++
        else negative++
        addOnce(matched.sentiment, shown)
      }
      if (cue.urgency && (!negated || (cue.urgency === 'strong' && !cue.leak))) {
        if (negated || cue.urgency === 'low') low = true
        else if (cue.urgency === 'strong') strong = true
        else weak = true
        addOnce(matched.urgency, shown)
      }
    } else if (isNegator(word)) {
      negatorAt = at
    } else {
      const first = lowPhrases.get(word)
      if (first === undefined || words[at - 1] !== first) continue
      if (first !== 'no' && at - 1 - negatorAt <= reach) continue
      low = true
      addOnce(matched.urgency, `${first} ${word}`)
    }
  }
  const sentiment: Sentiment = positive > negative ? 'positive' : negative > positive ? 'negative' : 'neutral'
  const urgency: Urgency = strong ? 'high' : low ? 'low' : weak ? 'high' : 'medium'
  const intent = intentOf(intents) ?? (sentiment === 'negative' ? 'support' : 'quote')
  return {
    intent,
    sentiment,
    urgency,
    score: scoreOf(intent, sentiment, urgency),
    evidence: {
      intent: matched.intent.length > 0 ? 'cue' : 'default',
      sentiment: matched.sentiment.length > 0 ? 'cue' : 'default',
      urgency: matched.urgency.length > 0 ? 'cue' : 'default',
    },
    matched,
  }
}

/** A text holds a handful of cues: a set for each list costs more than to look through it. */
function addOnce(list: string[], word: string): void {
  if (!list.includes(word)) list.push(word)
}

/** Most distinct cues wins; a tie goes to quote, then support, then info. */
function intentOf(found: Readonly<Record<'quote' | 'support' | 'info', readonly string[]>>): Intent | null {
  const most = Math.max(found.quote.length, found.support.length, found.info.length)
  if (most === 0) return null
  if (found.quote.length === most) return 'quote'
  return found.support.length === most ? 'support' : 'info'
}

/** Counted in tenths, so that 0.7 + 0.1 is 0.8 and not 0.7999. */
function scoreOf(intent: Intent, sentiment: Sentiment, urgency: Urgency): number {
  const tenths =
    (intent === 'quote' ? 7 : 5) +
    (urgency === 'high' ? 1 : urgency === 'low' ? -1 : 0) -
    (sentiment === 'negative' ? 1 : 0)
  return tenths / 10
}
