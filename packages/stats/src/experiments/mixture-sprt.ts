import { type Refusal, refuse } from '../refusal.ts'

/** Running state of the mixture test: the smallest p so far. */
export interface MixtureSprt {
  readonly ok: true
  readonly p: number
  /** Natural logarithm of the likelihood ratio at this look. */
  readonly logRatio: number
}

/**
 * Mixture sequential probability ratio test at one look: p = min(p so far, 1/Λ) with
 * Λ = √(V/(V + nτ²))·exp(n²τ²Δ²/(2V(V + nτ²))), n pairs, V = variance of a pair. Valid at every look for normal data.
 * @param difference mean of B minus mean of A over the pairs so far
 * @param variance   V = σ_a² + σ_b², > 0
 * @param pairs      n, whole number of at least 1
 * @param tau        prior standard deviation of the effect, > 0
 * @param before     p of the look before (1 at the start)
 * @returns          or `out_of_range`, `not_finite`
 * @see Johari et al. 2017 (1512.04922)
 */
export function mixtureSprt(
  difference: number,
  variance: number,
  pairs: number,
  tau: number,
  before = 1,
): MixtureSprt | Refusal {
  if (![difference, variance, tau].every(Number.isFinite))
    return refuse('not_finite', 0, 1, 'finite numbers are needed')
  if (!(variance > 0 && tau > 0 && Number.isSafeInteger(pairs) && pairs >= 1 && before >= 0 && before <= 1)) {
    return refuse('out_of_range', 0, 1, 'variance and tau must be positive, pairs a whole number, p so far in [0, 1]')
  }
  const mixed = variance + pairs * tau * tau
  const pull = (pairs * tau * difference) ** 2 / (2 * variance * mixed)
  const logRatio = Math.min(Number.MAX_VALUE, Math.log(variance / mixed) / 2 + pull)
  return { ok: true, p: Math.min(before, Math.exp(-logRatio)), logRatio }
}
