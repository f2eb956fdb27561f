export type Intent = 'quote' | 'support' | 'info' | 'unknown'
export type Sentiment = 'positive' | 'neutral' | 'negative'
export type Urgency = 'high' | 'medium' | 'low'

/** What one word can mean. A word may speak for several fields: a leak is a support cue and urgent. */
export interface Cue {
  readonly intent?: { readonly kind: Exclude<Intent, 'unknown'>; readonly name: string }
  readonly sentiment?: 'positive' | 'negative'
  readonly urgency?: 'strong' | 'low' | 'weak'
  /** A negated leak says nothing about time, while "not urgent" says that there is time. */
  readonly leak?: true
}

// Forms on one line count as one cue.
const intents: Readonly<Record<Exclude<Intent, 'unknown'>, readonly string[]>> = {
  quote: [
    'quote quotes',
    'estimate estimates',
    'bid bids',
    'price prices pricing',
    'cost costs',
    'schedule schedules',
    'book books booking bookings',
    'appointment appointments',
    'buy buys',
    'purchase purchases',
    'install installs',
  ],
  support: [
    'warranty warranties',
    'repair repairs',
    'leak leaks leaking leaked',
    'problem problems',
    'issue issues',
    'broken',
    'damaged',
    'complaint complaints',
    'refund refunds',
    'defect defects defective',
  ],
  info: [
    'question questions',
    'info information',
    'details detail',
    'brochure brochures',
    'catalogue catalogues catalog catalogs',
  ],
}

const sentiments = {
  positive: 'great thanks love awesome perfect excellent happy wonderful pleased fantastic',
  // The plurals are those of the intent cues, so that "problems" speaks for both fields as "problem" does.
  negative:
    'angry frustrated mad upset problem problems issue issues late terrible worst awful horrible unacceptable disappointed rude useless',
} as const

const urgencies = {
  strong: 'urgent urgently asap emergency immediately leak leaks leaking',
  low: 'whenever someday',
  weak: 'now today tonight',
} as const

function collect(): ReadonlyMap<string, Cue> {
  const found = new Map<string, Cue>()
  const add = (word: string, part: Cue) => found.set(word, { ...found.get(word), ...part })
  for (const kind of ['quote', 'support', 'info'] as const) {
    for (const line of intents[kind]) {
      const forms = line.split(' ')
      for (const form of forms) add(form, { intent: { kind, name: forms[0]! } })
    }
  }
  for (const sentiment of ['positive', 'negative'] as const) {
    for (const word of sentiments[sentiment].split(' ')) add(word, { sentiment })
  }
  for (const urgency of ['strong', 'low', 'weak'] as const) {
    for (const word of urgencies[urgency].split(' ')) {
      add(word, word.startsWith('leak') ? { urgency, leak: true } : { urgency })
    }
  }
  return found
}

export const cues: ReadonlyMap<string, Cue> = collect()

/** Low-urgency phrases by their second word; "not urgent" needs no entry, the negation rule covers it. */
export const lowPhrases: ReadonlyMap<string, string> = new Map([
  ['rush', 'no'],
  ['hurry', 'no'],
  ['year', 'next'],
  ['browsing', 'just'],
])

const negators: ReadonlySet<string> = new Set('no not never without hardly none nobody nothing cannot'.split(' '))

export function isNegator(word: string): boolean {
  return negators.has(word) || (word.endsWith('t') && /n['\u2019\u02bc]t$/.test(word))
}
