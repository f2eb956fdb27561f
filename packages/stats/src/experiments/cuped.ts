import { type Refusal, refuse } from '../refusal.ts'
import { summarise } from './sample-summary.ts'

/** Outcomes with the part that a measurement before the start explains taken out. */
export interface Cuped {
  readonly ok: true
  /** y - theta·(x - mean x), row by row; same mean as y. */
  readonly adjusted: Float64Array
  readonly theta: number
  /** Share of the variance that is gone: squared correlation of y and x. */
  readonly varianceReduction: number
  readonly n: number
}

/**
 * CUPED: less noise from what was known before the experiment. Adjust the units of all arms together, then compare the arms
 * on `adjusted`.
 * @param y outcome per unit
 * @param x measured before assignment, same order; anything the arm could have changed biases the comparison
 * @returns or `too_few` (under 3 units), `constant` (x or y does not vary), `not_finite`
 * @throws RangeError arrays of unequal length
 * @see Deng, Xu, Kohavi & Walker 2013, WSDM
 */
export function cuped(y: Float64Array, x: Float64Array): Cuped | Refusal {
  if (y.length !== x.length) throw new RangeError(`${y.length} outcomes but ${x.length} values before`)
  const n = y.length
  if (n < 3) return refuse('too_few', n, 3, 'three units are needed')
  const before = summarise(x)
  if (!before.ok) return before
  const after = summarise(y)
  if (!after.ok) return after
  if (!(before.squares > 0)) return refuse('constant', 1, 2, 'the values before do not vary')
  if (!(after.squares > 0)) return refuse('constant', 1, 2, 'the outcomes do not vary')
  let products = 0
  for (let i = 0; i < n; i++) products += (y[i]! - after.mean) * (x[i]! - before.mean)
  const theta = products / before.squares
  const adjusted = y.map((value, i) => value - theta * (x[i]! - before.mean))
  const varianceReduction = Math.min(1, (products / before.squares) * (products / after.squares))
  return { ok: true, adjusted, theta, varianceReduction, n }
}
