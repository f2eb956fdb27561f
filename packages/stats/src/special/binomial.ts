import { incompleteBeta } from './incomplete-beta.ts'

/**
 * Chance of at most k successes in n independent draws of probability p: I_(1-p)(n - k, k + 1).
 * @param k whole number; below 0 answers 0, from n on 1
 * @param n whole number >= 0
 * @param p in [0, 1]
 * @throws RangeError outside these ranges: a bug of the caller
 */
export function binomialCdf(k: number, n: number, p: number): number {
  if (!(Number.isInteger(k) && Number.isInteger(n) && n >= 0 && p >= 0 && p <= 1)) {
    throw new RangeError(`binomialCdf(${k}, ${n}, ${p}) is not defined`)
  }
  if (k < 0) return 0
  if (k >= n) return 1
  return incompleteBeta(n - k, k + 1, 1 - p, p)
}
