import { binomialCdf } from '@surety/stats'

/** A promise is called broken when an honest one would look this bad less often than once in fifty runs. */
const falseAlarm = 0.02

/**
 * The largest number of failures in `n` independent trials that a promised rate is compatible with: P(X ≥ k) of the binomial
 * is at least 2 % for it, and under 2 % for one more.
 * @param n     whole number of trials, 0 or more
 * @param rate  promised largest rate of failures, in (0, 1)
 */
export function mostCompatible(n: number, rate: number): number {
  let most = 0
  while (most < n && 1 - binomialCdf(most, n, rate) >= falseAlarm) most++
  return most
}

/** For the output of a run: what was found and what would have been too much. */
export const beside = (failures: number, n: number, rate: number): string =>
  `${failures} of ${n}, promised at most ${rate}: up to ${mostCompatible(n, rate)} are compatible (binomial, ${100 * falseAlarm} %)`
