import type { Claim } from './certify.ts'

/**
 * What an action lacks for its next certificate. `too_few_labels`: rows where the walk begins; `error_too_high`: the rows are
 * there and too many are wrong; `too_few_positives`, `miss_budget`: clearing cannot be bounded for the cases that matter;
 * `incomplete_labels`: outcomes are missing, and not by chance; `no_model`: nothing to certify.
 */
export type ShortfallCode =
  | 'too_few_labels'
  | 'error_too_high'
  | 'too_few_positives'
  | 'miss_budget'
  | 'incomplete_labels'
  | 'no_model'

export interface Shortfall {
  readonly code: ShortfallCode
  /** Labels (of `incomplete_labels`: labelled decisions) that there are, and that there have to be. */
  readonly have: number
  readonly need: number
  /** Cases at least (act) or at most (clear) this probable count where the next walk begins; null: none do. */
  readonly unlocksFrom: number | null
  /** Of all cases, what the certificate would about cover, 0..1; null: unknown. */
  readonly share: number | null
  readonly sentence: string
}

export interface ShortfallFacts {
  readonly claim: Claim
  readonly code: ShortfallCode
  readonly have: number
  readonly need: number
  /** Wrong ones among those there are, where a walk was begun. */
  readonly wrong?: number
  readonly unlocksFrom: number | null
  readonly share: number | null
}

export function shortfallOf(facts: ShortfallFacts): Shortfall {
  const { code, have, need, unlocksFrom, share } = facts
  return { code, have, need, unlocksFrom, share, sentence: sentences[code](facts) }
}

const sentences: { readonly [code in ShortfallCode]: (facts: ShortfallFacts) => string } = {
  too_few_labels({ claim, have, need, wrong, unlocksFrom, share }) {
    const seen =
      wrong === undefined
        ? `${have} of at least ${need} labelled cases ${where(claim, unlocksFrom)}`
        : `${wrong} of the ${have} surest cases were wrong, ${percent(wrong / have)}; at that share ${need} are needed`
    const more = need - have
    const gain = share === null || share === 0 ? 'may unlock it' : `unlock about ${percent(share)} of cases`
    return `${seen}: ${more} more ${more === 1 ? 'review' : 'reviews'} ${where(claim, unlocksFrom)} ${gain}.`
  },
  error_too_high: ({ claim: { action }, have, wrong = 0 }) =>
    `${wrong} of the ${have} surest cases were wrong, ${percent(wrong / have)}; the budget allows ${percent(action.alpha)}, so more reviews alone do not unlock it.`,
  too_few_positives: ({ claim: { action }, have, need }) =>
    `${have} of at least ${need} labelled positives: ${need - have} more are needed to bound the share of positives that is cleared at ${percent(action.missBudget ?? 0)}.`,
  miss_budget: ({ claim: { action } }) =>
    `Clearing anything would clear more than ${percent(action.missBudget ?? 0)} of the positives.`,
  incomplete_labels: ({ have, need }) =>
    `Only ${have} decisions have a label where ${need} must: without the others nothing can be proven, since those that are missing are not missing by chance.`,
  no_model: () => 'No model serves, so there is nothing to certify.',
}

function where({ action }: Claim, cut: number | null): string {
  if (cut === null) return ''
  return action.side === 'act' ? `at ${cut.toFixed(3)} or above` : `at ${cut.toFixed(3)} or below`
}

export const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`
