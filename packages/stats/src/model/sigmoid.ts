/**
 * Probability from log-odds, 1/(1 + exp(-z)), written by the sign of z so that neither end overflows.
 * @param z log-odds; -1000 answers 0 and 1000 answers 1
 */
export function sigmoid(z: number): number {
  if (z >= 0) return 1 / (1 + Math.exp(-z))
  const e = Math.exp(z)
  return e / (1 + e)
}

/** Log-odds of p, with p clipped to [1e-12, 1 - 1e-12] so that 0 and 1 stay finite. */
export function logit(p: number): number {
  const q = Math.min(1 - 1e-12, Math.max(1e-12, p))
  return Math.log(q) - Math.log1p(-q)
}
