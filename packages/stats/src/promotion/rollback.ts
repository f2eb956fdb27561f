import { checkLevel } from '../level.ts'
import { type Refusal, refuse } from '../refusal.ts'

/** Bets of the mixture. Small ones win against small harm, large ones find large harm fast. */
const bets = [0.02, 0.05, 0.1, 0.2, 0.4] as const

/** Evidence so far that the new model loses more than the old one. Plain JSON: store it between labels. */
export interface RollbackEvidence {
  readonly ok: true
  /** Logarithm of each bet's product. */
  readonly logs: readonly number[]
  readonly n: number
  /** ln K, K the mean of the products: how many times the stake has grown. */
  readonly logEvidence: number
  readonly rollBack: boolean
  readonly alpha: number
}

/**
 * Starts watching after a promotion. Both models score the same events, one of them in shadow.
 * @param alpha chance, over all looks for ever, to roll back a model that is no worse; default 0.05
 * @returns     or `out_of_range`
 */
export function startRollback(alpha = 0.05): RollbackEvidence | Refusal {
  const problem = checkLevel(alpha, 'alpha')
  if (problem) return problem
  return { ok: true, logs: bets.map(() => 0), n: 0, logEvidence: 0, rollBack: false, alpha }
}

/**
 * Adds one label. K = mean over c of Π(1 + c·d); roll back when K >= 1/alpha, and stay rolled back. If the new model loses no
 * more on average, given the past, K grows beyond 1/alpha with a chance of at most alpha (Ville's inequality).
 * @param difference bounded loss of the new model minus that of the old one, in [-1, 1]; see `brierDifference`
 * @returns          or `out_of_range`
 * @see Ville 1939; Waudby-Smith & Ramdas 2024 (2010.09686)
 */
export function addRollback(evidence: RollbackEvidence, difference: number): RollbackEvidence | Refusal {
  if (!(difference >= -1 && difference <= 1)) {
    return refuse('out_of_range', Number.isFinite(difference) ? difference : 0, 1, 'a difference must be in [-1, 1]')
  }
  const logs = evidence.logs.map((log, k) => log + Math.log1p(bets[k]! * difference))
  const highest = Math.max(...logs)
  const logEvidence = highest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - highest), 0) / logs.length)
  const rollBack = evidence.rollBack || logEvidence >= -Math.log(evidence.alpha)
  return { ok: true, logs, n: evidence.n + 1, logEvidence, rollBack, alpha: evidence.alpha }
}

/** Brier loss of the new probability minus that of the old one, in [-1, 1]. */
export function brierDifference(pNew: number, pOld: number, label: 0 | 1): number {
  return (pNew - label) ** 2 - (pOld - label) ** 2
}

/**
 * Difference of log losses, each cut at `most` and divided by it, so that it lies in [-1, 1].
 * @param most largest loss that counts, in nats; default ln 100 (a probability of 1 % for what happened)
 */
export function clippedLogDifference(pNew: number, pOld: number, label: 0 | 1, most = Math.log(100)): number {
  const loss = (p: number) => Math.min(most, -Math.log(label === 1 ? p : 1 - p)) / most
  return loss(pNew) - loss(pOld)
}
