import type { Refusal } from '../refusal.ts'
import type { Budget } from './budget.ts'
import { type CertifiedThreshold, certifyThreshold } from './certify-threshold.ts'
import { certifyMissBudget, type MissBudget } from './miss-budget.ts'

/** Both actions of one model, each with its own budget or its own reason why not. */
export interface CertifiedActions {
  readonly yes: CertifiedThreshold | Refusal
  readonly no: CertifiedThreshold | Refusal
  /** The second budget of clearing; null when none was asked for. */
  readonly miss: MissBudget | Refusal | null
}

export interface CertifyBothOptions {
  readonly yes: Budget
  readonly no: Budget
  /** Share of positives that clearing may miss; with rare positives clearing without it promises nothing. */
  readonly miss?: { readonly beta: number; readonly delta: number }
  /** As for `certifyThreshold`. */
  readonly p?: Float64Array
}

/** Certifies "act yes" and "clear" on the same rows; each promise holds by itself at its own delta. */
export function certifyBoth(scores: Float64Array, y: Uint8Array, options: CertifyBothOptions): CertifiedActions {
  const guide = options.p ? { p: options.p } : {}
  return {
    yes: certifyThreshold(scores, y, { ...options.yes, ...guide, side: 'yes' }),
    no: certifyThreshold(scores, y, { ...options.no, ...guide, side: 'no' }),
    miss: options.miss ? certifyMissBudget(scores, y, options.miss.beta, options.miss.delta) : null,
  }
}

/**
 * What may be done with a score: `yes`, `no`, or `ask` where neither is certified, both are, or a budget of clearing was
 * refused.
 */
export function certifiedAction(actions: CertifiedActions, score: number): 'yes' | 'no' | 'ask' {
  const yes = actions.yes.ok && score >= actions.yes.threshold
  const mayMiss = actions.miss === null || (actions.miss.ok && score < actions.miss.below)
  const no = actions.no.ok && score <= actions.no.threshold && mayMiss
  if (yes === no) return 'ask'
  return yes ? 'yes' : 'no'
}
