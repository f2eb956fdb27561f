import { binomialCdf } from '../special/binomial.ts'

/**
 * Exact p-value of "the share of wrong ones is above epsilon": the chance of so few among n if it were exactly epsilon.
 * @param wrong whole number, 0 to n
 */
export function binomialRiskP(wrong: number, n: number, epsilon: number): number {
  return binomialCdf(wrong, n, epsilon)
}

/**
 * p-value of "the mean loss is above epsilon" for losses anywhere in [0, 1]: the better of Hoeffding's and Bentkus' bound.
 * @param meanLoss of the n rows, in [0, 1]
 * @param n        whole number of at least 1
 * @param epsilon  in (0, 1)
 * @see Bates et al. 2021 (arXiv 2101.02703), proposition 2; Angelopoulos et al. 2021 (arXiv 2110.01052)
 */
export function hoeffdingBentkusP(meanLoss: number, n: number, epsilon: number): number {
  if (!(meanLoss >= 0 && meanLoss <= 1 && Number.isInteger(n) && n >= 1 && epsilon > 0 && epsilon < 1)) {
    throw new RangeError(`hoeffdingBentkusP(${meanLoss}, ${n}, ${epsilon}) is not defined`)
  }
  const hoeffding = Math.exp(-n * bernoulliKl(Math.min(meanLoss, epsilon), epsilon))
  // The mean times n is a sum again; its rounding must not cost a whole row.
  const bentkus = Math.E * binomialCdf(Math.ceil(n * meanLoss - 1e-9), n, epsilon)
  return Math.min(1, hoeffding, bentkus)
}

/** Kullback-Leibler divergence of two coins, a from b, in nats. */
function bernoulliKl(a: number, b: number): number {
  const heads = a === 0 ? 0 : a * Math.log(a / b)
  const tails = a === 1 ? 0 : (1 - a) * (Math.log1p(-a) - Math.log1p(-b))
  return Math.max(0, heads + tails)
}
