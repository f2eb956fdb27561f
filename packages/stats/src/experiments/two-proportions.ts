import { checkShare } from '../intervals/share-interval.ts'
import { checkLevel } from '../level.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { chiSquareSf } from '../special/chi-square.ts'
import { normalPpf, normalSf } from '../special/normal.ts'

/** Two rates compared once. `difference` = rate of B minus rate of A. */
export interface TwoProportions {
  readonly ok: true
  readonly rateA: number
  readonly rateB: number
  readonly difference: number
  /** Wald interval with each arm's own variance. */
  readonly lower: number
  readonly upper: number
  /** Pooled z; its square is `chiSquare`. */
  readonly z: number
  readonly chiSquare: number
  readonly p: number
  /** With the continuity correction of Yates. */
  readonly chiSquareYates: number
  readonly pYates: number
  readonly n: number
  readonly level: number
  readonly method: 'two_proportions'
}

/** Cells expected to hold fewer rows than this make the chi-square law a guess. */
const leastExpected = 5

/**
 * Do two arms convert at different rates? Pearson's chi-square on the 2 x 2 table, with and without Yates. One look only:
 * repeated, it finds winners where there are none (45 % within a year of daily looks); see `confidenceSequence`.
 * @param hitsA,nA conversions and units of arm A, whole numbers
 * @param hitsB,nB the same of arm B
 * @returns        or `empty` (an arm without units), `out_of_range`, `constant` (nobody or everybody converted),
 *                 `too_few` (a cell with less than 5 expected)
 * @see Pearson 1900; Yates 1934; fixture by SciPy
 * @example twoProportions(30, 150, 48, 152) // chiSquare 5.284, p 0.0215, pYates 0.0302
 */
export function twoProportions(
  hitsA: number,
  nA: number,
  hitsB: number,
  nB: number,
  level = 0.95,
): TwoProportions | Refusal {
  const problem = checkShare(hitsA, nA, level) ?? checkShare(hitsB, nB, level) ?? checkLevel(level)
  if (problem) return problem
  const n = nA + nB
  const hits = hitsA + hitsB
  if (hits === 0 || hits === n) return refuse('constant', 1, 2, 'nobody or everybody converted: nothing varies')
  const expected = (Math.min(nA, nB) * Math.min(hits, n - hits)) / n
  if (expected < leastExpected) {
    return refuse('too_few', expected, leastExpected, 'a cell of the table is expected to hold fewer than 5')
  }
  const rateA = hitsA / nA
  const rateB = hitsB / nB
  const difference = rateB - rateA
  const pooled = hits / n
  const scale = pooled * (1 - pooled) * (1 / nA + 1 / nB)
  const z = difference / Math.sqrt(scale)
  // The correction takes half a unit off each cell's deviation, and never more than the deviation itself.
  const deviation = Math.max(0, Math.abs(difference) - (1 / nA + 1 / nB) / 2)
  const chiSquareYates = (deviation * deviation) / scale
  const reach = normalPpf((1 + level) / 2) * Math.sqrt((rateA * (1 - rateA)) / nA + (rateB * (1 - rateB)) / nB)
  return {
    ok: true,
    rateA,
    rateB,
    difference,
    lower: difference - reach,
    upper: difference + reach,
    z,
    chiSquare: z * z,
    p: 2 * normalSf(Math.abs(z)),
    chiSquareYates,
    pYates: chiSquareSf(chiSquareYates, 1),
    n,
    level,
    method: 'two_proportions',
  }
}
