/**
 * What an action lacks for its next certificate. `no_record`: nothing is counted yet, as no version with cuts serves; `too_few_labels`: rows where the
 * walk begins; `not_enough_evidence`: more of them are wrong than the budget allows, but they are too few to say that it will stay so;
 * `error_too_high`: enough to say so; `too_few_positives`, `miss_budget`: clearing cannot be bounded for the cases that matter;
 * `incomplete_labels`: outcomes are missing, and not by chance; `no_model`: nothing to certify.
 */
export type ShortfallCode =
  | 'no_record'
  | 'too_few_labels'
  | 'not_enough_evidence'
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
  /** Of the newest decisions, what the certificate would about cover (see `coveredDecisions`), 0..1; null: unknown. */
  readonly share: number | null
  readonly sentence: string
}

/** A share of labelled cases with its one-sided 95 % lower bound. */
export interface ProvenShare {
  readonly n: number
  readonly wrong: number
  /** 0..1 */
  readonly atLeast: number
}

/** What a share that looks too high, and may not be, is held against. */
interface UnclearShare {
  readonly what: 'wrong' | 'missed'
  /** 0..1 */
  readonly budget: number
  readonly need: number
  readonly assumed: number
  /** Of the newest decisions, at the cut where the walk begins, 0..1; null: unknown. */
  readonly share: number | null
}

export const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`

const cases = (n: number, which = ''): string => `${n.toLocaleString('en-US')} ${which}${n === 1 ? 'case' : 'cases'}`
/** A first record waits for so many outcomes of cases that its version was not fitted on: with fewer, a plan may be mistaken by more than the margin that the walk leaves to it. */
export const enoughKnown = 100

/** How each of them is said to a person. */
export const shortfalls = {
  noModel: (): Shortfall => ({
    code: 'no_model',
    have: 0,
    need: 0,
    share: null,
    sentence: 'No model serves, so there is nothing to certify.',
  }),

  /**
   * @param need  the fewest that can do, none of them wrong
   * @param known outcomes of cases that the model was not fitted on, as far as a record waits for them; null: nobody has counted them yet
   */
  noRecord: (need: number, known: number | null = null): Shortfall => ({
    code: 'no_record',
    have: 0,
    need,
    share: null,
    sentence: `Nothing is counted yet: that begins once a model that was fitted on 60 labelled cases serves, 50 cases were decided and ${enoughKnown} outcomes are known of cases that it was not fitted on${known === null ? '' : ` (${known} so far)`}. Of those that are decided then, at least ${need} of the surest have to be labelled.`,
  }),

  /** @param wrong of the `have` rows inside the cut where the walk begins */
  tooFewLabels(have: number, wrong: number, need: number, share: number | null): Shortfall {
    const more = need - have
    const then = share === null ? '' : `, and then about ${percent(share)} of cases would be done without a person`
    const sentence = `${cases(have)} at least this sure so far, ${wrong} wrong. At this rate about ${more.toLocaleString('en-US')} more ${more === 1 ? 'is' : 'are'} needed${then}.`
    return { code: 'too_few_labels', have, need, share, sentence }
  },

  /** @param found of labelled cases inside the cut where the walk begins; `atLeast` above `alpha` */
  errorTooHigh({ n, wrong, atLeast }: ProvenShare, alpha: number): Shortfall {
    const sentence = `${wrong} of the ${cases(n, 'surest ')} were wrong, ${percent(wrong / n)} (at least ${percent(atLeast)}, 95 % sure); the budget allows ${percent(alpha)}, so more outcomes alone do not unlock it.`
    return { code: 'error_too_high', have: n, need: n + 1, share: null, sentence }
  },

  /**
   * @param what  that are surest; of a clear's positives: those that would have been cleared
   * @param need  the fewest that can do, none of them wrong
   * @param assumed mature cases without an outcome, which count as wrong
   */
  notEnoughEvidence(
    { n, wrong, atLeast }: ProvenShare,
    { what, budget, need, assumed, share }: UnclearShare,
  ): Shortfall {
    const seen =
      what === 'wrong'
        ? `${wrong} of the ${cases(n, 'surest ')} ${wrong === 1 ? 'was' : 'were'} wrong`
        : `${wrong} of ${n} labelled positives would have been cleared`
    const without = assumed === 0 ? '' : ` (${cases(assumed)} without an outcome beside ${n === 1 ? 'it' : 'them'})`
    const sentence = `Not enough evidence yet: ${seen}${without}. The budget allows ${percent(budget)}; ${cases(n)} ${n === 1 ? 'tells' : 'tell'} no more than that it is at least ${percent(atLeast)} in the long run, 95 % sure.`
    return { code: 'not_enough_evidence', have: n, need: Math.max(n + 1, need), share, sentence }
  },

  tooFewPositives(have: number, need: number, missBudget: number, share: number | null): Shortfall {
    const sentence = `${have} of about ${need} labelled positives: ${need - have} more are needed to bound the share of positives that is cleared at ${percent(missBudget)}.`
    return { code: 'too_few_positives', have, need, share, sentence }
  },

  missBudget({ n, wrong, atLeast }: ProvenShare, missBudget: number): Shortfall {
    const sentence = `${wrong} of ${n} labelled positives would have been cleared, ${percent(wrong / n)} (at least ${percent(atLeast)}, 95 % sure); the budget allows ${percent(missBudget)}, so more outcomes alone do not unlock it.`
    return { code: 'miss_budget', have: n, need: n + 1, share: null, sentence }
  },

  incompleteLabels: (have: number, need: number): Shortfall => ({
    code: 'incomplete_labels',
    have,
    need,
    share: null,
    sentence: `Only ${have} decisions have a label where ${need} must: without the others nothing can be proven, since those that are missing are not missing by chance.`,
  }),
} as const
