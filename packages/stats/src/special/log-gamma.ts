const halfLogTwoPi = 0.9189385332046727

/**
 * Natural logarithm of the gamma function for x > 0; absolute error about 1e-15 near 1 and 2, relative 1e-15 elsewhere.
 * Stirling's series above 15, reached by the recurrence from below.
 * @throws RangeError when x is not a positive finite number: a bug of the caller
 */
export function logGamma(x: number): number {
  if (!(x > 0 && x < Infinity)) throw new RangeError(`logGamma needs a positive number, got ${x}`)
  let product = 1
  let shifted = x
  while (shifted < 15) product *= shifted++
  return (shifted - 0.5) * Math.log(shifted) - shifted + halfLogTwoPi + stirlingTail(shifted) - Math.log(product)
}

/**
 * What Stirling's formula leaves out: ln Γ(x+1) - (x + ½)·ln x + x - ½·ln 2π, for x > 0. Densities of large counts are
 * built from it, because the logarithms of the gamma function themselves would cancel to nothing.
 * @see Loader 2000, Fast and accurate computation of binomial probabilities
 */
export function stirlingError(x: number): number {
  if (x >= 15) return stirlingTail(x)
  return logGamma(x) + Math.log(x) - (x + 0.5) * Math.log(x) + x - halfLogTwoPi
}

/** 1/(12x) - 1/(360x³) + 1/(1260x⁵) - ..., below 1e-17 relative from x = 15 on. */
function stirlingTail(x: number): number {
  const r = 1 / (x * x)
  return (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - (r * 691) / 360360))))) / x
}
