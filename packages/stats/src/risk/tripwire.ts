import { type Refusal, refuse } from '../refusal.ts'
import { type Budget, checkBudget } from './budget.ts'

/** The running evidence that an error budget is broken; plain data. */
export interface Tripwire extends Budget {
  readonly ok: true
  /** Shares of the stake that are bet, one process each; the evidence is their average. */
  readonly bets: readonly number[]
  /** Logarithm of each process. */
  readonly logs: readonly number[]
  /** Cases audited, and the wrong ones among them. */
  readonly audited: number
  readonly wrong: number
  /** Logarithm of the average of the processes: ln K. */
  readonly logEvidence: number
  /** True from the moment K reached 1/delta, for good. */
  readonly tripped: boolean
  /** How often it was armed: delta halves each time. */
  readonly armed: number
}

/** The bets in use: small ones catch small excesses late, large ones large excesses early. */
export const tripwireBets: readonly number[] = [0.02, 0.05, 0.1, 0.2, 0.4]

/**
 * Arms a tripwire: P(it ever trips while the error rate stays at or below epsilon) <= delta, however often one looks.
 * @param budget epsilon and delta in (0, 1)
 * @param bets   in (0, 1); the single bet epsilon/(1 - epsilon) doubles on each error
 * @returns      or `out_of_range`
 * @see Ville 1939; Waudby-Smith & Ramdas 2024
 */
export function armTripwire(budget: Budget, bets: readonly number[] = tripwireBets): Tripwire | Refusal {
  const problem = checkBudget(budget)
  if (problem) return problem
  const bad = bets.find(bet => !(bet > 0 && bet < 1))
  if (bad !== undefined || bets.length === 0) {
    return refuse(
      'out_of_range',
      Number.isFinite(bad) ? bad! : 0,
      1,
      'every bet must be in (0, 1), and there must be one',
    )
  }
  const { epsilon, delta } = budget
  const logs = bets.map(() => 0)
  return { ok: true, epsilon, delta, bets, logs, audited: 0, wrong: 0, logEvidence: 0, tripped: false, armed: 1 }
}

/**
 * The tripwire after one more act, O(1). With varying audit probabilities every act is put in, audited or not; with a
 * constant probability (or a complete audit) audited acts alone do the same job.
 * @param loss  1 wrong, 0 right, or a part in [0, 1]; ignored when the act was not audited
 * @param audit the probability in (0, 1] with which this act was going to be audited, and whether it was
 */
export function observeTripwire(
  wire: Tripwire,
  loss: number,
  audit: { readonly probability: number; readonly audited: boolean } = { probability: 1, audited: true },
): Tripwire {
  const { probability, audited } = audit
  if (!(loss >= 0 && loss <= 1)) throw new RangeError(`a loss must be in [0, 1], got ${loss}`)
  if (!(probability > 0 && probability <= 1))
    throw new RangeError(`an audit probability must be in (0, 1], got ${probability}`)
  const weighted = audited ? loss / probability : 0
  const logs = wire.logs.map((log, i) => log + Math.log1p(wire.bets[i]! * (weighted / wire.epsilon - 1)))
  const logEvidence = logMean(logs)
  return {
    ...wire,
    logs,
    audited: wire.audited + (audited ? 1 : 0),
    wrong: wire.wrong + (audited ? loss : 0),
    logEvidence,
    // A hair of slack, so that a process that reaches 1/delta exactly is not missed by rounding.
    tripped: wire.tripped || logEvidence >= -Math.log(wire.delta) - 1e-12,
  }
}

/** A tripwire that starts afresh after a suspension, with half the delta of the one before. */
export function rearmTripwire(wire: Tripwire): Tripwire {
  const logs = wire.logs.map(() => 0)
  const delta = wire.delta / 2
  return { ...wire, delta, logs, audited: 0, wrong: 0, logEvidence: 0, tripped: false, armed: wire.armed + 1 }
}

/** ln of the mean of exp(logs), without overflow. */
export function logMean(logs: readonly number[]): number {
  const top = Math.max(...logs)
  return top + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0) / logs.length)
}
