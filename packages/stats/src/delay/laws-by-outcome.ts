import { type Refusal, refuse } from '../refusal.ts'
import { arrivedBy, type DelayLaw, delayLaw } from './delay-law.ts'

/** Delay laws of both outcomes, and the share of class 1 when all outcomes will be in. */
export interface OutcomeLaws {
  readonly ok: true
  /** Law of class 0 and of class 1. */
  readonly laws: readonly [DelayLaw, DelayLaw]
  /** Share of class 1 among all rows, open ones included; the share among the settled ones is biased to the quick class. */
  readonly baseRate: number
  readonly iterations: number
  readonly n: number
  readonly method: 'kaplan_meier_by_outcome'
}

const mostIterations = 500

/**
 * Delay laws per outcome. An open row does not say which outcome it will have, so it counts in both laws, as censored, with
 * the chance of each given its age: share of class c times 1 - F_c(age), shares and laws found in turn (EM) until they
 * stay. Every row is assumed to get an outcome at last, within the horizon.
 * @param ages     per row: delay when settled, else time open so far
 * @param outcomes per row: 0 or 1, and -1 while it is open
 * @returns or `empty`, `not_finite`, `out_of_range`, `one_class` (no settled row of a class)
 * @throws RangeError arrays of unequal length
 */
export function delayLawsByOutcome(ages: Float64Array, outcomes: Int8Array): OutcomeLaws | Refusal {
  const n = ages.length
  if (outcomes.length !== n) throw new RangeError(`${n} ages but ${outcomes.length} outcomes`)
  if (n === 0) return refuse('empty', 0, 1, 'no rows')
  const known = [0, 0]
  for (let i = 0; i < n; i++) {
    if (outcomes[i] !== 0 && outcomes[i] !== 1 && outcomes[i] !== -1)
      return refuse('out_of_range', outcomes[i]!, 1, `the outcome of row ${i} is none of 0, 1 and -1`)
    if (outcomes[i]! >= 0) known[outcomes[i]!]!++
  }
  if (known[0] === 0 || known[1] === 0) return refuse('one_class', 0, 1, 'no settled row of one of the outcomes')
  const settled = Uint8Array.from(outcomes, outcome => (outcome >= 0 ? 1 : 0))
  // Weight of class 1 per row; open rows begin at the share among the settled.
  let baseRate = known[1]! / (known[0]! + known[1]!)
  const ones = Float64Array.from(outcomes, outcome => (outcome >= 0 ? outcome : baseRate))
  for (let iteration = 1; ; iteration++) {
    const zero = delayLaw(ages, settled, { weights: ones.map(w => 1 - w) })
    const one = delayLaw(ages, settled, { weights: ones })
    if (!zero.ok) return zero
    if (!one.ok) return one
    const sum = ones.reduce((total, w) => total + w, 0)
    const next = sum / n
    const moved = Math.abs(next - baseRate)
    baseRate = next
    if ((iteration > 1 && moved < 1e-10) || iteration === mostIterations)
      return { ok: true, laws: [zero, one], baseRate, iterations: iteration, n, method: 'kaplan_meier_by_outcome' }
    for (let i = 0; i < n; i++) {
      if (outcomes[i]! >= 0) continue
      const a = baseRate * (1 - arrivedBy(one, ages[i]!))
      const b = (1 - baseRate) * (1 - arrivedBy(zero, ages[i]!))
      ones[i] = a + b > 0 ? a / (a + b) : baseRate
    }
  }
}
