const twoOverRootPi = 1.1283791670955126

/**
 * Complementary error function, 1 - erf(x), without loss in the upper tail (relative error below 1e-13).
 * Below 1.5 the series of erf with positive terms only; above, the continued fraction (Abramowitz & Stegun 7.1.6, 7.1.14).
 * @param x finite number
 * @returns in [0, 2]; 0 from about 27.3 on, where doubles end
 */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x)
  if (x > 27.5) return 0
  if (x < 1.5) return 1 - erfSeries(x)
  return expMinusSquare(x) * fraction(x)
}

function erfSeries(x: number): number {
  let term = x
  let sum = x
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (2 * x * x) / (2 * k + 1)
    sum += term
  }
  return twoOverRootPi * Math.exp(-x * x) * sum
}

/** exp(-x²) with the square split, so that the rounding of x² is not blown up by the exponential. */
function expMinusSquare(x: number): number {
  const head = Math.trunc(x * 16) / 16
  return Math.exp(-head * head) * Math.exp(-(x - head) * (x + head))
}

/** √π·exp(x²)·erfc(x) = 1/(x + ½/(x + 1/(x + 1½/(x + ...)))), evaluated from its far end. */
function fraction(x: number): number {
  const depth = Math.ceil(25 + 260 / (x * x))
  let tail = x
  for (let k = depth; k >= 1; k--) tail = x + k / 2 / tail
  return 0.5641895835477563 / tail
}
