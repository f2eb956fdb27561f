import { type Refusal, refuse } from '../refusal.ts'

/** Is a difference shown to be no worse than a margin? */
export interface NonInferiority {
  readonly ok: true
  /** The lower bound is above -margin: at worst this much is lost, and it is little enough. */
  readonly notWorse: boolean
  readonly lower: number
  readonly margin: number
}

/**
 * Non-inferiority: the lower bound of "new minus old" (higher is better) must lie above -margin. A missing difference is no
 * proof: a wide interval around 0 fails.
 * @param difference with a finite lower bound; a refusal is passed on
 * @param margin     largest loss one would accept, >= 0
 * @returns          or `out_of_range`, `not_finite`, or the refusal given
 */
export function nonInferior(
  difference: { readonly ok: true; readonly lower: number } | Refusal,
  margin: number,
): NonInferiority | Refusal {
  if (!difference.ok) return difference
  if (!Number.isFinite(difference.lower)) return refuse('not_finite', 0, 1, 'the lower bound must be finite')
  if (!(margin >= 0 && margin < Infinity)) return refuse('out_of_range', 0, 0, 'a margin is finite and not negative')
  return { ok: true, notWorse: difference.lower > -margin, lower: difference.lower, margin }
}
