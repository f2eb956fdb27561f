/**
 * What an action lacks for its next certificate. `no_record`: nothing is counted yet, as no version with cuts serves; `too_few_labels`: rows where the
 * walk begins; `error_too_high`: too many of them are wrong; `too_few_positives`, `miss_budget`: clearing cannot be bounded for the
 * cases that matter; `incomplete_labels`: outcomes are missing, and not by chance; `no_model`: nothing to certify.
 */
export type ShortfallCode =
  | 'no_record'
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
  /** Of all cases, what the certificate would about cover, 0..1; null: unknown. */
  readonly share: number | null
  readonly sentence: string
}

export const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`

const cases = (n: number): string => `${n.toLocaleString('en-US')} ${n === 1 ? 'case' : 'cases'}`

/** How each of them is said to a person. */
export const shortfalls = {
  noModel: (): Shortfall => ({
    code: 'no_model',
    have: 0,
    need: 0,
    share: null,
    sentence: 'No model serves, so there is nothing to certify.',
  }),

  /** @param need the fewest that can do, none of them wrong */
  noRecord: (need: number): Shortfall => ({
    code: 'no_record',
    have: 0,
    need,
    share: null,
    sentence: `Nothing is counted yet: that begins once a model that was fitted on 60 labelled cases serves and 50 cases were decided. Of those that it is surest of at least ${need} have to be labelled then.`,
  }),

  /** @param wrong of the `have` rows inside the cut where the walk begins */
  tooFewLabels(have: number, wrong: number, need: number, share: number): Shortfall {
    const more = need - have
    const sentence = `${cases(have)} at least this sure so far, ${wrong} wrong. At this rate about ${more.toLocaleString('en-US')} more ${more === 1 ? 'is' : 'are'} needed, and then about ${percent(share)} of cases would be done without a person.`
    return { code: 'too_few_labels', have, need, share, sentence }
  },

  errorTooHigh(have: number, wrong: number, alpha: number): Shortfall {
    const sentence = `${wrong} of the ${cases(have)} that are surest were wrong, ${percent(wrong / have)}; the budget allows ${percent(alpha)}, so more outcomes alone do not unlock it.`
    return { code: 'error_too_high', have, need: have + 1, share: null, sentence }
  },

  tooFewPositives(have: number, need: number, missBudget: number, share: number): Shortfall {
    const sentence = `${have} of about ${need} labelled positives: ${need - have} more are needed to bound the share of positives that is cleared at ${percent(missBudget)}.`
    return { code: 'too_few_positives', have, need, share, sentence }
  },

  missBudget(have: number, missed: number, missBudget: number): Shortfall {
    const sentence = `${missed} of ${have} labelled positives would have been cleared, ${percent(missed / have)}; the budget allows ${percent(missBudget)}, so more outcomes alone do not unlock it.`
    return { code: 'miss_budget', have, need: have + 1, share: null, sentence }
  },

  incompleteLabels: (have: number, need: number): Shortfall => ({
    code: 'incomplete_labels',
    have,
    need,
    share: null,
    sentence: `Only ${have} decisions have a label where ${need} must: without the others nothing can be proven, since those that are missing are not missing by chance.`,
  }),
} as const
