import { fixtureText } from './oracles.ts'

/** The groups of fixtures/oracles.json that the tests of drift and of multiple testing read. */
export interface DriftOracles {
  readonly two_sample: readonly {
    readonly x: readonly number[]
    readonly y: readonly number[]
    readonly ks: number
    readonly ks_p_exact: number
    readonly ks_p_asymp: number
    readonly wasserstein: number
    readonly energy: number
  }[]
  readonly chi2_table: readonly {
    readonly table: readonly (readonly number[])[]
    readonly chi2: number
    readonly p: number
    readonly dof?: number
    readonly chi2_yates?: number
    readonly p_yates?: number
  }[]
  readonly psi: {
    readonly expected: readonly number[]
    readonly actual: readonly number[]
    readonly psi: number
    readonly js_base2_distance: number
  }
  readonly multiple: Readonly<Record<'p' | 'bonferroni' | 'holm' | 'hommel' | 'fdr_bh' | 'fdr_by', readonly number[]>>
  readonly adwin_capymoa: {
    readonly delta: number
    readonly stream: readonly number[]
    readonly change_at: readonly number[]
  }
}

/** Reference values of other programs for drift, with their inputs. */
export const driftOracles: DriftOracles = JSON.parse(fixtureText('oracles.json'))
