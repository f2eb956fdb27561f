import { betaFactor, incompleteBeta } from './incomplete-beta.ts'

/**
 * Value below which a beta(a, b) variable falls with probability p, by Newton steps kept inside a shrinking bracket.
 * @param p in [0, 1]
 * @param a,b positive
 * @throws RangeError outside these ranges: a bug of the caller
 * @see fixture by SciPy
 */
export function betaQuantile(p: number, a: number, b: number): number {
  if (!(p >= 0 && p <= 1 && a > 0 && b > 0)) throw new RangeError(`betaQuantile(${p}, ${a}, ${b}) is not defined`)
  if (p === 0 || p === 1) return p
  let low = 0
  let high = 1
  let x = a / (a + b)
  for (let turn = 0; turn < 400; turn++) {
    if (x < 1e-300) return 0 // the quantile lies below the smallest doubles
    const error = incompleteBeta(a, b, x) - p
    if (error === 0) return x
    if (error > 0) high = x
    else low = x
    const density = betaFactor(a, b, x, 1 - x) / (x * (1 - x))
    const newton = x - error / density
    // In a wide bracket below 1, the geometric middle finds tiny quantiles that halving would crawl towards.
    const middle = low > 0 && high / low > 4 ? Math.sqrt(low * high) : low === 0 ? high / 16 : (low + high) / 2
    const next = newton > low && newton < high ? newton : middle
    if (Math.abs(next - x) <= 4e-16 * x || next === low || next === high) return next
    x = next
  }
  return x
}
