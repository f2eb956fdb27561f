import { deviance } from './deviance.ts'
import { stirlingError } from './log-gamma.ts'

/**
 * Regularised incomplete beta function I_x(a, b): the distribution function of a beta variable, and with whole numbers
 * the tail of the binomial. Lentz's continued fraction, with the ends swapped where it would converge slowly.
 * @param a,b positive
 * @param x   in [0, 1]
 * @param complement 1 - x, where the caller knows it more exactly than the subtraction does
 * @throws RangeError outside these ranges: a bug of the caller
 * @see Abramowitz & Stegun 26.5.8; fixture by SciPy
 */
export function incompleteBeta(a: number, b: number, x: number, complement = 1 - x): number {
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1)) throw new RangeError(`incompleteBeta(${a}, ${b}, ${x}) is not defined`)
  if (x === 0 || complement === 0) return x === 0 ? 0 : 1
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBetaSmall(b, a, complement, x)
  return incompleteBetaSmall(a, b, x, complement)
}

/** The factor x^a·(1-x)^b / B(a, b), by deviances so that large a and b do not cancel (Loader 2000). */
export function betaFactor(a: number, b: number, x: number, complement: number): number {
  const n = a + b
  const correction = stirlingError(n) - stirlingError(a) - stirlingError(b)
  const exponent = correction - deviance(a, n * x) - deviance(b, n * complement)
  return Math.exp(exponent) * Math.sqrt((a * b) / (2 * Math.PI * n))
}

function incompleteBetaSmall(a: number, b: number, x: number, complement: number): number {
  const tiny = 1e-300
  let c = 1
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1), tiny)
  let fraction = d
  // About √max(a, b) turns are needed; the limit only guards against a defect.
  const limit = 200 + 20 * Math.ceil(Math.sqrt(Math.max(a, b)))
  for (let m = 1; m <= limit; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / nonZero(1 + even * d, tiny)
    c = nonZero(1 + even / c, tiny)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / nonZero(1 + odd * d, tiny)
    c = nonZero(1 + odd / c, tiny)
    const change = d * c
    fraction *= change
    if (Math.abs(change - 1) < 1e-16) break
  }
  return Math.min(1, (betaFactor(a, b, x, complement) * fraction) / a)
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value
}
