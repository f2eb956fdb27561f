import { type Refusal, refuse } from '../refusal.ts'
import { type Budget, checkBudget } from './budget.ts'
import { logMean } from './tripwire.ts'

/** The running evidence that an error rate is below epsilon; plain data. */
export interface LowRiskProof extends Budget {
  readonly ok: true
  /** Smallest audit probability any act may have. */
  readonly smallestProbability: number
  readonly bets: readonly number[]
  readonly logs: readonly number[]
  readonly acts: number
  readonly logEvidence: number
  /** True from the moment the evidence reached 1/delta, for good. */
  readonly proven: boolean
}

/** Parts of the largest bet that can never go bankrupt. */
const parts: readonly number[] = [0.05, 0.1, 0.2, 0.4, 0.7]

/**
 * Starts a proof that the error rate is below epsilon, valid at whatever moment one looks: P(ever proven while the rate is
 * at or above epsilon) <= delta. The bets of the tripwire the other way round, each below 1/(1/smallest - epsilon).
 * @param smallestProbability of any act to be audited, in (0, 1]
 * @returns or `out_of_range`
 */
export function startLowRiskProof(budget: Budget, smallestProbability = 1): LowRiskProof | Refusal {
  const problem = checkBudget(budget)
  if (problem) return problem
  if (!(smallestProbability > 0 && smallestProbability <= 1)) {
    return refuse('out_of_range', 0, 1, `the smallest audit probability must be in (0, 1], got ${smallestProbability}`)
  }
  const { epsilon, delta } = budget
  const bets = parts.map(part => part / (1 / smallestProbability - epsilon))
  const logs = bets.map(() => 0)
  return { ok: true, epsilon, delta, smallestProbability, bets, logs, acts: 0, logEvidence: 0, proven: false }
}

/**
 * The proof after one more act, audited or not.
 * @param loss in [0, 1]; ignored when the act was not audited
 */
export function observeLowRisk(
  proof: LowRiskProof,
  loss: number,
  audit: { readonly probability: number; readonly audited: boolean } = { probability: 1, audited: true },
): LowRiskProof {
  if (!(loss >= 0 && loss <= 1)) throw new RangeError(`a loss must be in [0, 1], got ${loss}`)
  if (!(audit.probability >= proof.smallestProbability && audit.probability <= 1)) {
    throw new RangeError(`audit probability ${audit.probability} is below the smallest agreed or above 1`)
  }
  const weighted = audit.audited ? loss / audit.probability : 0
  const logs = proof.logs.map((log, i) => log + Math.log1p(proof.bets[i]! * (proof.epsilon - weighted)))
  const logEvidence = logMean(logs)
  const proven = proof.proven || logEvidence >= -Math.log(proof.delta) - 1e-12
  return { ...proof, logs, acts: proof.acts + 1, logEvidence, proven }
}
