import { betaQuantile } from './beta-quantile.ts'
import { betaFactor, incompleteBeta } from './incomplete-beta.ts'

/**
 * Upper tail P(T > t) of Student's t distribution, exact far out in both tails.
 * @param t  any number; the infinities answer 0 and 1
 * @param df degrees of freedom, positive, fractions allowed
 * @throws RangeError outside these ranges: a bug of the caller
 * @see fixture by SciPy
 * @example studentTSf(2.2, 10.5) // 0.0256
 */
export function studentTSf(t: number, df: number): number {
  if (!(df > 0 && df < Infinity) || Number.isNaN(t)) throw new RangeError(`studentTSf(${t}, ${df}) is not defined`)
  if (t < 0) return 1 - studentTSf(-t, df)
  const square = t * t
  if (square === Infinity) return 0
  return 0.5 * incompleteBeta(df / 2, 0.5, df / (df + square), square / (df + square))
}

/** Distribution function P(T <= t) of Student's t distribution; ranges as `studentTSf`. */
export function studentTCdf(t: number, df: number): number {
  return studentTSf(-t, df)
}

/**
 * Value below which a t variable falls with probability p.
 * @param p  in [0, 1]; 0 and 1 answer -Infinity and Infinity
 * @param df degrees of freedom, positive
 * @throws RangeError outside these ranges: a bug of the caller
 */
export function studentTPpf(p: number, df: number): number {
  if (!(p >= 0 && p <= 1 && df > 0 && df < Infinity)) throw new RangeError(`studentTPpf(${p}, ${df}) is not defined`)
  if (p === 0.5) return 0
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity
  const tail = Math.min(p, 1 - p)
  const x = betaQuantile(2 * tail, df / 2, 0.5)
  let t = Math.sqrt((df * (1 - x)) / x)
  if (x > 0.5) {
    // Near the centre 1 - x is the small number: ask for it directly.
    const y = betaQuantile(1 - 2 * tail, 0.5, df / 2)
    t = Math.sqrt((df * y) / (1 - y))
    for (let polish = 0; polish < 2; polish++) {
      const square = t * t
      const density = betaFactor(df / 2, 0.5, df / (df + square), square / (df + square)) / t
      if (density > 0) t += (studentTSf(t, df) - tail) / density
    }
  }
  return p < 0.5 ? -t : t
}
