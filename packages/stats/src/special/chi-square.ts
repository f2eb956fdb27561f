import { gammaQuantile } from './gamma-quantile.ts'
import { incompleteGamma, incompleteGammaUpper } from './incomplete-gamma.ts'

/**
 * Upper tail P(X > x) of the chi-square distribution.
 * @param x  at least 0; Infinity answers 0
 * @param df degrees of freedom, positive, fractions allowed
 * @throws RangeError outside these ranges: a bug of the caller
 * @see fixture by SciPy
 * @example chiSquareSf(3.841, 1) // 0.0500
 */
export function chiSquareSf(x: number, df: number): number {
  return incompleteGammaUpper(df / 2, x / 2)
}

/** Distribution function P(X <= x) of the chi-square distribution; ranges as `chiSquareSf`. */
export function chiSquareCdf(x: number, df: number): number {
  return incompleteGamma(df / 2, x / 2)
}

/**
 * Value below which a chi-square variable falls with probability p.
 * @param p  in [0, 1]; 1 answers Infinity
 * @param df degrees of freedom, positive
 * @throws RangeError outside these ranges: a bug of the caller
 */
export function chiSquarePpf(p: number, df: number): number {
  return 2 * gammaQuantile(p, df / 2)
}
