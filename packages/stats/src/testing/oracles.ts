import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

/** The groups of fixtures/oracles.json that the tests of this package read; made by fixtures/make_oracles.py. */
export interface Oracles {
  readonly norm: readonly { readonly x: number; readonly cdf: number; readonly sf: number }[]
  readonly norm_ppf: readonly { readonly p: number; readonly x: number }[]
  readonly beta_ppf: readonly { readonly p: number; readonly a: number; readonly b: number; readonly x: number }[]
  readonly binom_cdf: readonly { readonly k: number; readonly n: number; readonly p: number; readonly cdf: number }[]
  readonly ibeta: readonly { readonly a: number; readonly b: number; readonly x: number; readonly v: number }[]
  readonly igamma: readonly { readonly a: number; readonly x: number; readonly p: number; readonly q: number }[]
  readonly t_sf: readonly { readonly t: number; readonly df: number; readonly sf: number }[]
  readonly t_ppf: readonly { readonly p: number; readonly df: number; readonly x: number }[]
  readonly chi2_sf: readonly { readonly x: number; readonly df: number; readonly sf: number }[]
  readonly kolmogorov_sf: readonly { readonly x: number; readonly sf: number }[]
  readonly metrics: {
    readonly score: readonly number[]
    readonly y: readonly number[]
    readonly auc: number
    readonly ap: number
    readonly brier: number
    readonly logloss: number
  }
  readonly isotonic_ivap: {
    readonly score: readonly number[]
    readonly y: readonly number[]
    readonly test: readonly number[]
    readonly isotonic: readonly number[]
    readonly p0p1: readonly (readonly [number, number])[]
    readonly p_log: readonly number[]
    readonly p_brier: readonly number[]
  }
  readonly conformal_quantile: {
    readonly scores: readonly number[]
    readonly q: Readonly<Record<string, number | null>>
    readonly coverage_law: readonly {
      readonly n: number
      readonly alpha: number
      readonly l: number
      readonly mean: number
      readonly sd: number
      readonly q05: number
    }[]
  }
  readonly risk: readonly {
    readonly k: number
    readonly n: number
    readonly alpha: number
    readonly p_binomial: number
    readonly p_hoeffding_bentkus: number
    readonly cp_upper_95: number
    readonly wilson_95: readonly [number, number]
  }[]
  readonly delong_pROC_aSAH: {
    readonly auc: { readonly wfns: number; readonly s100b: number; readonly ndka: number }
    readonly var: { readonly wfns: number; readonly s100b: number }
    readonly cov_wfns_s100b: number
    readonly wfns_vs_s100b: { readonly z: number; readonly p: number; readonly ci95: readonly [number, number] }
    readonly wfns_vs_ndka: { readonly z: number; readonly p: number }
    readonly s100b_vs_ndka: { readonly z: number; readonly p: number }
    readonly ci_auc_s100b: readonly [number, number]
  }
}

/** Text of a file in fixtures/. */
export function fixtureText(name: string): string {
  return readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8')
}

/** Reference values of other programs, with their inputs. */
export const oracles: Oracles = JSON.parse(fixtureText('oracles.json'))

/** The 113 patients of the aSAH study: three markers and the outcome (1 = poor). */
export function aneurysmPatients(): Record<'wfns' | 's100b' | 'ndka', Float64Array> & { readonly y: Uint8Array } {
  const [head, ...lines] = fixtureText('delong-asah.csv').trim().split(/\r?\n/)
  const names = head!.split(',').map(name => name.replaceAll('"', ''))
  const cells = lines.map(line => line.split(',').map(Number))
  const column = (name: string) => cells.map(row => row[names.indexOf(name)]!)
  return {
    wfns: Float64Array.from(column('wfns')),
    s100b: Float64Array.from(column('s100b')),
    ndka: Float64Array.from(column('ndka')),
    y: Uint8Array.from(column('outcome')),
  }
}

/** Fails unless actual is within `tolerance` of expected, relative to |expected| (absolute when expected is 0). */
export function assertClose(actual: number, expected: number, tolerance: number, what = 'value'): void {
  const allowed = tolerance * (expected === 0 ? 1 : Math.abs(expected))
  assert.ok(Math.abs(actual - expected) <= allowed, `${what}: got ${actual}, expected ${expected} within ${tolerance}`)
}

/** Unwraps an answer that must not be a refusal. */
export function answered<R extends { readonly ok: boolean }>(result: R): Extract<R, { readonly ok: true }> {
  assert.ok(result.ok, `refused: ${JSON.stringify(result)}`)
  return result as Extract<R, { readonly ok: true }>
}

/** fixtures/logistic.json: scikit-learn's answers, made by make_logistic.py. */
export interface LogisticFixture {
  readonly numbers: readonly (readonly number[])[]
  readonly colour: readonly number[]
  readonly size: readonly number[]
  readonly y: readonly number[]
  readonly weights: readonly number[]
  readonly fits: readonly FixtureFit[]
  readonly weighted: FixtureFit
  readonly class_weighted: FixtureFit & { readonly classWeights: readonly [number, number] }
  readonly raw: readonly number[]
  readonly platt: { readonly slope: number; readonly intercept: number }
  readonly calibration_line: { readonly slope: number; readonly intercept: number }
}

/** One reference fit: coefficients of the four numbers, three colours and four sizes. */
export interface FixtureFit {
  readonly c: number
  readonly coefficients: readonly number[]
  readonly intercept: number
}

export const logisticFixture: LogisticFixture = JSON.parse(fixtureText('logistic.json'))

/** fixtures/special.json: quantiles and tails of SciPy that oracles.json has not, made by make_special.py. */
export interface SpecialFixture {
  readonly gamma_ppf: readonly { readonly p: number; readonly a: number; readonly x: number }[]
  readonly chi2_ppf: readonly { readonly p: number; readonly df: number; readonly x: number }[]
  readonly t_ppf: readonly { readonly p: number; readonly df: number; readonly x: number }[]
  readonly f_ppf: readonly { readonly p: number; readonly df1: number; readonly df2: number; readonly x: number }[]
  readonly f_sf: readonly { readonly x: number; readonly df1: number; readonly df2: number; readonly sf: number }[]
  readonly igamma: readonly { readonly a: number; readonly x: number; readonly p: number; readonly q: number }[]
}

export const specialFixture: SpecialFixture = JSON.parse(fixtureText('special.json'))

/** fixtures/record.json: the record certificate by a second program, made by make_record.py. */
export interface RecordFixture {
  readonly evidence: readonly {
    readonly wrong: number
    readonly rows: number
    readonly alpha: number
    readonly log: number
  }[]
  readonly fewest: readonly { readonly alpha: number; readonly weight: number; readonly rows: number }[]
  /** -1: not even none. */
  readonly most_wrong: readonly { readonly alpha: number; readonly rows: number; readonly wrong: number }[]
  /** At a share of alpha·num/den. */
  readonly needed: readonly {
    readonly alpha: number
    readonly num: number
    readonly den: number
    readonly rows: number
  }[]
  readonly crossing: readonly { readonly alpha: number; readonly rows: number; readonly p: number }[]
  readonly walks: readonly {
    readonly evidence: readonly number[]
    readonly starts: readonly { readonly cut: number; readonly weight: number }[]
    readonly cuts: readonly number[]
  }[]
  readonly check: readonly {
    readonly wrong: number
    readonly rows: number
    readonly budget: number
    readonly p: number
  }[]
  readonly places: readonly { readonly n: number; readonly cut: number; readonly place: number }[]
}

export const recordFixture: RecordFixture = JSON.parse(fixtureText('record.json'))
