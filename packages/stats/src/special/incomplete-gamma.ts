import { deviance } from './deviance.ts'
import { stirlingError } from './log-gamma.ts'

/**
 * Regularised lower incomplete gamma function P(a, x): the distribution function of a gamma variable of shape a.
 * @param a positive
 * @param x at least 0; Infinity answers 1
 * @throws RangeError outside these ranges: a bug of the caller
 * @see Abramowitz & Stegun 6.5.29 (series) and 6.5.31 (continued fraction); fixture by SciPy
 */
export function incompleteGamma(a: number, x: number): number {
  return below(a, x) ? series(a, x) : 1 - incompleteGammaUpper(a, x)
}

/** Upper tail Q(a, x) = 1 - P(a, x), without the loss of that subtraction where it is small. Same ranges. */
export function incompleteGammaUpper(a: number, x: number): number {
  if (below(a, x)) return 1 - series(a, x)
  return x === Infinity ? 0 : continuedFraction(a, x)
}

/** The factor x^a·exp(-x) / Γ(a + 1), by deviances so that a large a does not cancel. */
export function gammaFactor(a: number, x: number): number {
  return Math.exp(-stirlingError(a) - deviance(a, x)) / Math.sqrt(2 * Math.PI * a)
}

/** Where the series is the fast and exact one; checks the ranges on the way. */
function below(a: number, x: number): boolean {
  if (!(a > 0 && a < Infinity && x >= 0)) throw new RangeError(`incompleteGamma(${a}, ${x}) is not defined`)
  return x < a + 1
}

function series(a: number, x: number): number {
  if (x === 0) return 0
  let term = 1
  let sum = 1
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= x / (a + k)
    sum += term
  }
  return Math.min(1, gammaFactor(a, x) * sum)
}

/** Lentz's method, as for the incomplete beta function. */
function continuedFraction(a: number, x: number): number {
  let b = x + 1 - a
  let c = 1e300
  let d = 1 / b
  let fraction = d
  // About a few times √a turns are needed near x = a; the limit only guards against a defect.
  const limit = 500 + 40 * Math.ceil(Math.sqrt(a))
  for (let k = 1; k <= limit; k++) {
    const numerator = k * (a - k)
    b += 2
    d = 1 / (b + numerator * d)
    c = b + numerator / c
    const change = c * d
    fraction *= change
    if (Math.abs(change - 1) < 1e-16) break
  }
  return Math.min(1, gammaFactor(a, x) * a * fraction)
}
