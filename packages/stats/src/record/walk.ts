import { checkLevel } from '../level.ts'
import type { Refusal } from '../refusal.ts'
import { slack } from './evidence.ts'

/** Where a chain of cuts begins, and its part of delta's weight. */
export interface ChainStart {
  /** Number of the cut, 0 the loosest. */
  readonly cut: number
  /** In (0, 1]; those of all chains add up to 1. */
  readonly weight: number
}

/** The cuts that are certified together. */
export interface CertifiedCuts {
  readonly ok: true
  /** Ascending: the loosest first. Not always a run: the second chain may pass where the first has stopped. */
  readonly cuts: readonly number[]
  /** The loosest, or null: none. */
  readonly loosest: number | null
}

/**
 * Walks the cuts from strict to loose and says which are certified, each at the whole delta. Closed testing: a chain's weight
 * sits on its strictest cut that could be broken, and moves to the next chain when it has none; the evidence against a set of
 * cuts is the weighted mean of theirs. Chain j holds the cuts from its start down to just above the next start, the last one
 * down to cut 0. Cuts stricter than the first start are never certified.
 * @param evidence ln evidence per cut, cut 0 the loosest
 * @param starts   one or more, strictest (largest number) first, each stricter than the next
 * @returns        or `out_of_range` (delta outside (0, 1))
 * @throws RangeError for starts that are no chains: a bug of the caller
 * @see Wiens 2003; Vovk & Wang 2021; Hartog & Lei 2025 (2501.09015); docs/certificates.md
 */
export function certifyCuts(
  evidence: ArrayLike<number>,
  starts: readonly ChainStart[],
  delta: number,
): CertifiedCuts | Refusal {
  const problem = checkLevel(delta, 'delta')
  if (problem) return problem
  const limit = -Math.log(delta) - slack
  const cuts: number[] = []
  walkedEvidence(evidence, starts).forEach((reached, cut) => {
    if (reached >= limit) cuts.push(cut)
  })
  return { ok: true, cuts, loosest: cuts[0] ?? null }
}

/**
 * What the walk weighs at each cut: ln of the weighted evidence against every set of cuts that this one could be broken with. It
 * is certified where that reaches ln 1/delta.
 * @returns Float64Array, one per cut, the loosest first; -Infinity for cuts stricter than the first start
 * @throws RangeError as `certifyCuts`
 */
export function walkedEvidence(evidence: ArrayLike<number>, starts: readonly ChainStart[]): Float64Array {
  checkStarts(evidence.length, starts)
  const reached = new Float64Array(evidence.length).fill(-Infinity)
  /** Per chain walked so far its weight and the lowest evidence in all of it. */
  const walked: { readonly logWeight: number; readonly lowest: number }[] = []
  starts.forEach(({ cut: start, weight }, j) => {
    const end = starts[j + 1]?.cut ?? -1
    const logWeight = Math.log(weight)
    let lowest = Infinity
    // Beyond a failure too: what the chain gives to the next one is the least of all its cuts.
    for (let cut = start; cut > end; cut--) {
      lowest = Math.min(lowest, evidence[cut]!)
      reached[cut] = logSum(termsOf(walked, logWeight, lowest))
    }
    walked.push({ logWeight, lowest })
  })
  return reached
}

/** ln of the weighted evidence of each chain: the least that any set of cuts, with this one in it, may leave of it. */
function termsOf(
  walked: readonly { readonly logWeight: number; readonly lowest: number }[],
  logWeight: number,
  lowest: number,
): readonly number[] {
  const terms = [logWeight + lowest]
  let least = lowest
  for (const chain of walked.toReversed()) {
    least = Math.min(least, chain.lowest)
    terms.push(chain.logWeight + least)
  }
  return terms
}

function logSum(logs: readonly number[]): number {
  const top = Math.max(...logs)
  return top === -Infinity ? top : top + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0))
}

function checkStarts(cuts: number, starts: readonly ChainStart[]): void {
  let before = cuts
  let total = 0
  for (const { cut, weight } of starts) {
    if (!(Number.isInteger(cut) && cut >= 0 && cut < before && weight > 0))
      throw new RangeError(`a chain of weight ${weight} cannot begin at cut ${cut}, below ${before}`)
    before = cut
    total += weight
  }
  if (!(Math.abs(total - 1) <= 1e-9)) throw new RangeError(`the weights of all chains add up to ${total}, not 1`)
}
