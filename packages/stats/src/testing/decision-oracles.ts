import { fixtureText } from './oracles.ts'

interface DecisionOracles {
  readonly metrics: {
    readonly score: readonly number[]
    readonly y: readonly number[]
    readonly f1_at_05: number
    readonly mcc_at_05: number
    readonly kappa_at_05: number
    /** tn, fp, fn, tp at `>= .5`. */
    readonly confusion_at_05: readonly number[]
    readonly fpr: readonly number[]
    readonly tpr: readonly number[]
  }
  readonly two_sample: readonly {
    readonly x: readonly number[]
    readonly y: readonly number[]
    readonly welch_t: number
    readonly welch_p: number
  }[]
  readonly chi2_table: readonly {
    readonly table: readonly (readonly number[])[]
    readonly chi2: number
    readonly p: number
    readonly chi2_yates?: number
    readonly p_yates?: number
  }[]
  readonly confidence_sequence: readonly {
    readonly n: number
    readonly se: number
    readonly diff: number
    readonly alpha: number
    readonly tuning: number
    readonly rho: number
    readonly halfwidth: number
    readonly p: number
  }[]
}

/** The groups of fixtures/oracles.json for thresholds, comparisons and experiments; made by fixtures/make_oracles.py. */
export const decisionOracles: DecisionOracles = JSON.parse(fixtureText('oracles.json'))
