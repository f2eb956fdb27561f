import type { OutcomeRules } from '@surety/contract'

/** What a lead can come to. `qualified` and `nurture` settle nothing yet: the window of days runs on from them. */
export const outcomes = {
  words: { booked: 1, ghosted: 0, qualified: null, unqualified: 0, nurture: null, spam: 0 },
  positive: 'booked',
  negative: 'ghosted',
} as const satisfies OutcomeRules

export type OutcomeWord = keyof typeof outcomes.words
export const outcomeWords = Object.keys(outcomes.words) as OutcomeWord[]
