/**
 * Upper tail of Kolmogorov's limiting law: P(√n·D > x) for large n.
 * @param x any number; 0 and below answer 1
 * @throws RangeError for NaN: a bug of the caller
 * @see Kolmogorov 1933; fixture by SciPy
 * @example kolmogorovSf(1.3581) // 0.0500
 */
export function kolmogorovSf(x: number): number {
  if (Number.isNaN(x)) throw new RangeError('kolmogorovSf(NaN) is not defined')
  if (x < seam) return 1 - kolmogorovCdf(x)
  let sum = 0
  for (let k = 1; ; k++) {
    const term = Math.exp(-2 * k * k * x * x)
    sum += k % 2 === 1 ? term : -term
    if (term <= sum * 1e-17) return Math.min(1, 2 * sum)
  }
}

/** Distribution function of the same law. */
export function kolmogorovCdf(x: number): number {
  if (Number.isNaN(x)) throw new RangeError('kolmogorovCdf(NaN) is not defined')
  if (x >= seam) return 1 - kolmogorovSf(x)
  if (x <= 0.02) return 0 // below the smallest doubles
  let sum = 0
  for (let k = 1; ; k += 2) {
    const term = Math.exp((-k * k * Math.PI * Math.PI) / (8 * x * x))
    sum += term
    if (term <= sum * 1e-17) return (Math.sqrt(2 * Math.PI) / x) * sum
  }
}

/** Both series need four terms at most on their side of this point. */
const seam = 1.18
