/**
 * value·ln(value/mean) + mean - value, for positive arguments: how far a value is from its mean on the scale of a count.
 * A series near value = mean, where the terms would cancel to nothing.
 * @see Loader 2000, Fast and accurate computation of binomial probabilities
 */
export function deviance(value: number, mean: number): number {
  const share = (value - mean) / (value + mean)
  if (Math.abs(share) >= 0.1) return value * Math.log(value / mean) + mean - value
  // ln(value/mean) = 2·artanh(share)
  let sum = (value - mean) * share
  let power = 2 * value * share
  const square = share * share
  for (let k = 3; ; k += 2) {
    power *= square
    const next = sum + power / k
    if (next === sum) return sum
    sum = next
  }
}
