import { recordEvidence } from '../record/evidence.ts'
import type { ChainStart } from '../record/walk.ts'
import type { Rng } from '../rng.ts'
import { binomialCdf } from '../special/binomial.ts'

/** The certified cuts by definition: every set of cuts is a hypothesis of its own, and all that hold a cut must fall. */
export function closedTesting(evidence: readonly number[], starts: readonly ChainStart[], delta: number): number[] {
  const chains = starts.map(({ cut, weight }, j) => ({ from: cut, to: (starts[j + 1]?.cut ?? -1) + 1, weight }))
  const first = starts[0]!.cut
  const sure = new Set(Array.from({ length: first + 1 }, (_, cut) => cut))
  for (let set = 1; set < 2 ** (first + 1); set++) {
    const strictest = chains.map(({ from, to }) => {
      for (let cut = from; cut >= to; cut--) if ((set >> cut) & 1) return cut
      return null
    })
    let total = 0
    chains.forEach(({ weight }, j) => {
      const at = strictest.slice(j).find(cut => cut !== null)
      if (at !== undefined) total += weight * Math.exp(evidence[at!]!)
    })
    if (total < 1 / delta) for (let cut = 0; cut <= first; cut++) if ((set >> cut) & 1) sure.delete(cut)
  }
  return [...sure].sort((a, b) => a - b)
}

/** Evidence of up to eight cuts, and one to three chains over them. */
export function drawWalk(source: Rng, turn: number): { evidence: readonly number[]; starts: readonly ChainStart[] } {
  const cuts = 3 + source.int(6)
  const last = cuts - 1
  const starts: readonly ChainStart[] =
    turn % 3 === 0
      ? [{ cut: last, weight: 1 }]
      : turn % 3 === 1 || cuts < 5
        ? [
            { cut: last, weight: 0.3 },
            { cut: source.int(last), weight: 0.7 },
          ]
        : [
            { cut: last, weight: 0.2 },
            { cut: last - 2, weight: 0.3 },
            { cut: 1, weight: 0.5 },
          ]
  // Sums of uniforms are near enough to a bell for evidence that lies around its limit of ln 20.
  const bell = () => 1.5 * (Array.from({ length: 12 }, () => source.uniform()).reduce((a, b) => a + b) - 6)
  return { evidence: Array.from({ length: cuts }, (_, i) => 3.2 - 0.3 * (last - i) + bell()), starts }
}

/** Exact chance that the evidence ever reaches ln 1/delta within so many rows, each wrong with chance alpha. */
export function chanceToCross(alpha: number, delta: number, rows: number): number {
  let p = new Float64Array(rows + 2)
  p[0] = 1
  let crossed = 0
  let enough = -1
  for (let row = 1; row <= rows; row++) {
    const next = new Float64Array(rows + 2)
    for (let wrong = Math.max(0, enough); wrong <= row; wrong++)
      next[wrong] = p[wrong]! * (1 - alpha) + (wrong > 0 ? p[wrong - 1]! * alpha : 0)
    p = next
    while (enough + 1 < row && recordEvidence(enough + 1, row, alpha) >= -Math.log(delta)) enough++
    for (let wrong = 0; wrong <= enough; wrong++) {
      crossed += p[wrong]!
      p[wrong] = 0
    }
  }
  return crossed
}

/** Says the chance of the next row to be wrong, knowing all that was. */
export type Adversary = (state: {
  readonly row: number
  readonly wrong: number
  readonly chances: number
  readonly evidence: number
}) => number

/** They keep the average chance at the budget at the end, and may do as they like until then. */
export const adversaries = (alpha: number, delta: number): Readonly<Record<string, Adversary>> => {
  const owed = (row: number, chances: number) => Math.min(1, Math.max(0, alpha * row - chances))
  return {
    'always at the budget': () => alpha,
    'ahead of its luck it stops erring': ({ row, wrong, chances }) =>
      chances - wrong > 1.6 * Math.sqrt(alpha * row + 1) ? owed(row, chances) : alpha,
    'good at first, it pays at the end': ({ row, chances, evidence }) =>
      evidence > Math.log(1 / delta) - 0.7 ? owed(row, chances) : 0.8 * alpha,
    'good and bad in turns': ({ row }) => (Math.floor(row / 25) % 2 === 0 ? 0.4 : 1.6) * alpha,
    'good as long as it is lucky': ({ wrong, chances }) => (chances > wrong ? 0.2 : 1.8) * alpha,
  }
}

/** Share of runs in which the evidence ever reached its limit while the average chance so far was at or above the budget. */
export function shareFooled(
  adversary: Adversary,
  alpha: number,
  delta: number,
  rows: number,
  runs: number,
  source: Rng,
): number {
  const limit = -Math.log(delta)
  let fooled = 0
  for (let run = 0; run < runs; run++) {
    let wrong = 0
    let chances = 0
    let evidence = 0
    for (let row = 1; row <= rows; row++) {
      const chance = adversary({ row, wrong, chances, evidence })
      if (source.uniform() < chance) wrong++
      chances += chance
      evidence = recordEvidence(wrong, row, alpha)
      if (evidence >= limit && chances >= alpha * row - 1e-9) {
        fooled++
        break
      }
    }
  }
  return fooled / runs
}

/**
 * The worst that an adversary who keeps the average at the budget can make of a plain binomial tail at a fixed number of
 * rows: the largest chance of at most so many wrong ones, by dynamic programming over what is owed and what was seen.
 * @returns beside it what the tail itself says
 */
export function worstTail(
  rows: number,
  alpha: number,
  few: number,
): { readonly plain: number; readonly worst: number } {
  // The chances a row may have are multiples of alpha/2, from 0 to 1; what is left must be used up. Finer ones add nothing.
  const steps = 2
  const chances = Array.from({ length: Math.floor(steps / alpha + 1e-9) + 1 }, (_, spend) => spend)
  const budget = rows * steps
  // best[left][wrong]: chance to end with at most `few` wrong ones, with `left` half budgets to spend on the rows to come.
  let best = Array.from({ length: budget + 1 }, (_, left) => new Float64Array(few + 2).fill(left === 0 ? 1 : 0))
  for (const row of best) row[few + 1] = 0
  for (let row = 1; row <= rows; row++) {
    best = best.map((_, left) => {
      const next = new Float64Array(few + 2)
      for (let wrong = 0; wrong <= few; wrong++) {
        let top = 0
        for (const spend of chances) {
          const chance = Math.min(1, (spend * alpha) / steps)
          if (spend > left) break
          const after = best[left - spend]!
          top = Math.max(top, chance * after[wrong + 1]! + (1 - chance) * after[wrong]!)
        }
        next[wrong] = top
      }
      return next
    })
  }
  return { plain: binomialCdf(few, rows, alpha), worst: best[budget]![0]! }
}
