import { type Refusal, refuse } from '../refusal.ts'
import { arrivedBy, type DelayLaw } from './delay-law.ts'

/** Which rows may be judged today. */
export interface Maturity {
  readonly ok: true
  /** 1 = old enough that its outcome, had it one, would be here. */
  readonly mature: Uint8Array
  /** Age from which on rows are mature. */
  readonly age: number
  /** Share of rows that are mature; always print it beside what was computed on them. */
  readonly share: number
  readonly n: number
  readonly level: number
  readonly method: 'delay_law'
}

/**
 * Age at which the given share of outcomes has arrived.
 * @returns or `out_of_range` when the law never gets there within its horizon: then a rule of the house ("silence for 60
 *          days means no") has to close rows
 */
export function maturityAge(law: DelayLaw, level = 0.95): { readonly ok: true; readonly age: number } | Refusal {
  if (!(level > 0 && level < 1))
    return refuse('out_of_range', Number.isFinite(level) ? level : 0, 1, 'level must be in (0, 1)')
  const at = law.arrived.findIndex(share => share >= level - 1e-9)
  if (at >= 0) return { ok: true, age: law.delays[at]! }
  const detail = 'share of outcomes that arrive within the longest delay seen'
  return refuse('out_of_range', law.arrived.at(-1)!, level, detail)
}

/**
 * Marks the rows that are mature: F(age) >= level. Maturity looks at the age alone, never at whether the outcome is here:
 * early outcomes are not random, so judging "all that have one" would judge the quick ones. A mature row without an outcome
 * is for the pod's rule to close; an immature one is no row of class 0.
 * @param ages one per row, from the decision until today, whether settled or not; finite, at least 0
 * @returns    or `empty`, `not_finite`, `out_of_range` (a negative age, or F never reaches the level)
 */
export function matureRows(law: DelayLaw, ages: Float64Array, level = 0.95): Maturity | Refusal {
  if (ages.length === 0) return refuse('empty', 0, 1, 'no rows')
  const from = maturityAge(law, level)
  if (!from.ok) return from
  const mature = new Uint8Array(ages.length)
  let count = 0
  for (let i = 0; i < ages.length; i++) {
    const age = ages[i]!
    if (!Number.isFinite(age)) return refuse('not_finite', i, ages.length, `the age of row ${i} is not a finite number`)
    if (age < 0) return refuse('out_of_range', age, 0, `the age of row ${i} is negative`)
    if (age >= from.age) {
      mature[i] = 1
      count++
    }
  }
  const n = ages.length
  return { ok: true, mature, age: from.age, share: count / n, n, level, method: 'delay_law' }
}

/**
 * With what weight a row without a conversion counts as class 0: P(it never converts | nothing by its age) =
 * (1 - p)/(1 - p + p·(1 - F(age))), F the delay law of conversions. 1 - p for a row of today, 1 for an old one.
 * @param p   probability in [0, 1] that the row converts at all
 * @param age at least 0
 * @throws RangeError outside of these: a bug of the caller
 * @see Chapelle 2014, Modeling delayed feedback
 */
export function immatureNegativeWeight(law: DelayLaw, p: number, age: number): number {
  if (!(p >= 0 && p <= 1 && age >= 0)) throw new RangeError(`p in [0, 1] and age >= 0 expected, got ${p} and ${age}`)
  const open = p * (1 - arrivedBy(law, age))
  // A sure conversion that should long be here: nothing is left to divide, and it is none.
  return open === 0 ? 1 : (1 - p) / (1 - p + open)
}
