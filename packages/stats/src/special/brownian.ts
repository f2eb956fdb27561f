import { normalSf } from './normal.ts'

/**
 * Chance that a standard Brownian motion on [0, 1] gets further than x from 0.
 * @param x any number; 1 for x <= 0
 * @see Feller; series 1 - (4/π) Σ (-1)^k/(2k+1)·exp(-(2k+1)²π²/(8x²)) below 1.5, 4 Σ (-1)^k Q((2k+1)x) above
 */
export function brownianMaximumSf(x: number): number {
  if (!(x > 0)) return 1
  let sum = 0
  if (x < 1.5) {
    for (let k = 0; ; k++) {
      const odd = 2 * k + 1
      const term = Math.exp(-(odd * odd * Math.PI * Math.PI) / (8 * x * x)) / odd
      sum += k % 2 === 0 ? term : -term
      if (term < 1e-18) return 1 - (4 / Math.PI) * sum
    }
  }
  for (let k = 0; ; k++) {
    const term = normalSf((2 * k + 1) * x)
    sum += k % 2 === 0 ? term : -term
    if (term <= 1e-18 * sum) return 4 * sum
  }
}

/**
 * Chance that the range (highest minus lowest point) of a standard Brownian motion on [0, 1] exceeds x.
 * @param x any number; 1 for x <= 0
 * @see Feller 1951, Annals of Mathematical Statistics 22: 8 Σ (-1)^(k-1) k·Q(kx), k = 1, 2, ...
 */
export function brownianRangeSf(x: number): number {
  // Below 0.35 the chance is within 1e-16 of 1, and the series would cancel.
  if (!(x > 0.35)) return 1
  let sum = 0
  for (let k = 1; ; k++) {
    const term = k * normalSf(k * x)
    sum += k % 2 === 1 ? term : -term
    if (k * x > 4 && term <= 1e-18 * Math.abs(sum)) return Math.min(1, 8 * sum)
  }
}
