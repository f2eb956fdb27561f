import { checkLevel } from '../level.ts'
import { type Refusal, refuse } from '../refusal.ts'

/** An interval that stays valid however often one looks. */
export interface ConfidenceSequence {
  readonly ok: true
  readonly value: number
  readonly lower: number
  readonly upper: number
  readonly halfWidth: number
  /** Always-valid p-value of "no difference". */
  readonly p: number
  readonly rho: number
  /** Units of both arms. */
  readonly n: number
  readonly level: number
  readonly method: 'asymptotic_confidence_sequence'
}

/** Units per arm below which the normal approximation is not trusted. */
export const leastPerArm = 100

/**
 * Asymptotic confidence sequence for a difference: may be looked at after every unit and acted on at any look, and is wrong
 * at any of them with a chance of at most 1 - level (in the limit). Tightest when `n` is `tuning`.
 * @param difference estimate so far
 * @param se         its standard error, > 0
 * @param n          units of BOTH arms together, whole number
 * @param level      coverage over all looks at once
 * @param tuning     number of units at which it should be tightest (default 5,000)
 * @returns          or `empty`, `not_finite`, `out_of_range`, `constant` (se 0)
 * @see Waudby-Smith et al. 2021 (2103.06476); oracle by a program of that form (fixtures/make_oracles.py)
 * @example confidenceSequence(0.07, 0.02, 1000) // 0.07 ± 0.0673, p 0.0375
 */
export function confidenceSequence(
  difference: number,
  se: number,
  n: number,
  level = 0.95,
  tuning = 5000,
): ConfidenceSequence | Refusal {
  const problem = checkLevel(level)
  if (problem) return problem
  if (!(Number.isFinite(difference) && Number.isFinite(se))) {
    return refuse('not_finite', 0, 1, 'the difference and its standard error must be finite')
  }
  if (n === 0) return refuse('empty', 0, 1, 'no units')
  if (!(Number.isSafeInteger(n) && n > 0 && tuning > 0 && tuning < Infinity)) {
    return refuse('out_of_range', Number.isFinite(n) ? n : 0, 1, 'n and tuning must be positive, n a whole number')
  }
  if (se < 0) return refuse('out_of_range', se, 0, 'a standard error is not negative')
  if (se === 0) return refuse('constant', 1, 2, 'no variance: the sequence needs a positive standard error')
  const alpha = 1 - level
  const rhoSquared = (-2 * Math.log(alpha) + Math.log(1 - 2 * Math.log(alpha))) / tuning
  const spread = n * rhoSquared + 1
  // With s² = n·se², s·√(2(nρ² + 1)/(nρ)²·ln) is se·√(2(nρ² + 1)/(nρ²)·ln): only nρ² is left of n.
  const halfWidth = se * Math.sqrt((2 * spread * Math.log(Math.sqrt(spread) / alpha)) / (spread - 1))
  const exponent = (rhoSquared * difference * difference * n) / (2 * se * se * spread)
  return {
    ok: true,
    value: difference,
    lower: difference - halfWidth,
    upper: difference + halfWidth,
    halfWidth,
    p: Math.min(1, Math.sqrt(spread) * Math.exp(-exponent)),
    rho: Math.sqrt(rhoSquared),
    n,
    level,
    method: 'asymptotic_confidence_sequence',
  }
}
