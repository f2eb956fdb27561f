import { betaQuantile } from './beta-quantile.ts'
import { incompleteBeta } from './incomplete-beta.ts'

/**
 * Upper tail P(F > x) of the F distribution.
 * @param x at least 0; Infinity answers 0
 * @param df1,df2 degrees of freedom of numerator and denominator, positive
 * @throws RangeError outside these ranges: a bug of the caller
 * @see fixture by SciPy
 */
export function fSf(x: number, df1: number, df2: number): number {
  const [mine, other] = shares(x, df1, df2)
  return incompleteBeta(df2 / 2, df1 / 2, other, mine)
}

/** Distribution function P(F <= x) of the F distribution; ranges as `fSf`. */
export function fCdf(x: number, df1: number, df2: number): number {
  const [mine, other] = shares(x, df1, df2)
  return incompleteBeta(df1 / 2, df2 / 2, mine, other)
}

/**
 * Value below which an F variable falls with probability p.
 * @param p in [0, 1]; 1 answers Infinity
 * @param df1,df2 degrees of freedom of numerator and denominator, positive
 * @throws RangeError outside these ranges: a bug of the caller
 */
export function fPpf(p: number, df1: number, df2: number): number {
  const y = betaQuantile(p, df1 / 2, df2 / 2)
  if (y <= 0.5) return (df2 * y) / (df1 * (1 - y))
  const rest = betaQuantile(1 - p, df2 / 2, df1 / 2)
  return (df2 * (1 - rest)) / (df1 * rest)
}

/** df1·x and df2 as shares of their sum. */
function shares(x: number, df1: number, df2: number): readonly [number, number] {
  if (!(x >= 0 && df1 > 0 && df2 > 0)) throw new RangeError(`F(${x}; ${df1}, ${df2}) is not defined`)
  if (x === Infinity) return [1, 0]
  const sum = df1 * x + df2
  return [(df1 * x) / sum, df2 / sum]
}
