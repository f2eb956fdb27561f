import { type Refusal, refuse } from '../refusal.ts'
import { ascendingOrder } from '../sort-order.ts'

/** How long outcomes take: a step function, learned with the rows that are still open. */
export interface DelayLaw {
  readonly ok: true
  /** Ascending delays at which outcomes arrived; any unit of time, the same as that of the ages. */
  readonly delays: Float64Array
  /** Share of outcomes that have arrived by each of them, in (0, 1]. */
  readonly arrived: Float64Array
  /** Greenwood's standard error of each share; 0 where the share is 1. */
  readonly standardErrors: Float64Array
  /** Longest delay or age seen: beyond it nothing is known. */
  readonly horizon: number
  readonly n: number
  /** Rows whose outcome has arrived. */
  readonly settled: number
  readonly method: 'kaplan_meier'
}

/**
 * Learns the delay law F by Kaplan-Meier, open rows censored: leaving them out would call the slow outcomes fast.
 * @param ages    per row: its delay when the outcome has arrived, else how long it has been open; at least 0
 * @param settled per row: 1 = the outcome has arrived
 * @param options.weights one non-negative number per row; default 1
 * @returns or `empty`, `not_finite`, `out_of_range`, `too_few` (no outcome has arrived yet)
 * @throws RangeError arrays of unequal length
 * @see Kaplan & Meier 1958; Greenwood 1926. O(n)
 * @example delayLaw(Float64Array.of(1, 2, 3), Uint8Array.of(1, 0, 1)).arrived // 1/3, 1
 */
export function delayLaw(
  ages: Float64Array,
  settled: Uint8Array,
  options: { readonly weights?: Float64Array } = {},
): DelayLaw | Refusal {
  const { weights } = options
  const n = ages.length
  if (settled.length !== n || (weights && weights.length !== n))
    throw new RangeError(`${n} ages, ${settled.length} flags, ${weights?.length ?? n} weights`)
  if (n === 0) return refuse('empty', 0, 1, 'no rows')
  let atRisk = 0
  let arrivals = 0
  for (let i = 0; i < n; i++) {
    const w = weights ? weights[i]! : 1
    if (!Number.isFinite(ages[i]!) || !Number.isFinite(w))
      return refuse('not_finite', i, n, `the age or the weight of row ${i} is not a finite number`)
    if (ages[i]! < 0 || w < 0) return refuse('out_of_range', i, n, `the age or the weight of row ${i} is negative`)
    if (settled[i]! > 1) return refuse('out_of_range', settled[i]!, 1, `the flag of row ${i} is neither 0 nor 1`)
    atRisk += w
    if (w > 0) arrivals += settled[i]!
  }
  if (arrivals === 0) return refuse('too_few', 0, 1, 'no outcome has arrived yet')
  const order = ascendingOrder(ages)
  const delays: number[] = []
  const arrived: number[] = []
  const standardErrors: number[] = []
  let open = 1
  let greenwood = 0
  for (let start = 0; start < n; ) {
    const age = ages[order[start]!]! + 0
    let leaving = 0
    let arriving = 0
    let end = start
    for (; end < n && ages[order[end]!]! === age; end++) {
      const w = weights ? weights[order[end]!]! : 1
      leaving += w
      arriving += w * settled[order[end]!]!
    }
    // Rows that are still open at this very age count as at risk: they were seen to be open now.
    if (arriving > 0) {
      // Sums of fractional weights leave a rounding behind; nobody can arrive who is not at risk.
      const share = Math.min(1, arriving / Math.max(atRisk, arriving))
      const stay = atRisk - arriving > 1e-9 * arriving ? 1 - share : 0
      open *= stay
      greenwood += stay > 0 ? arriving / (atRisk * (atRisk - arriving)) : 0
      delays.push(age)
      arrived.push(1 - open)
      standardErrors.push(open * Math.sqrt(greenwood))
    }
    atRisk -= leaving
    start = end
  }
  return {
    ok: true,
    delays: Float64Array.from(delays),
    arrived: Float64Array.from(arrived),
    standardErrors: Float64Array.from(standardErrors),
    horizon: ages[order[n - 1]!]!,
    n,
    settled: arrivals,
    method: 'kaplan_meier',
  }
}

/** Share of outcomes that have arrived by an age: F(age), 0 before the first arrival. O(log steps). */
export function arrivedBy(law: DelayLaw, age: number): number {
  let low = 0
  let high = law.delays.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (law.delays[middle]! <= age) low = middle + 1
    else high = middle
  }
  return low === 0 ? 0 : law.arrived[low - 1]!
}
