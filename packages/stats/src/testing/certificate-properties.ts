import { sigmoid } from '../model/sigmoid.ts'
import { type ActionSide, certifyThreshold } from '../risk/certify-threshold.ts'
import { certifyMissBudget } from '../risk/miss-budget.ts'
import { armTripwire, observeTripwire } from '../risk/tripwire.ts'
import { type Rng, rng } from '../rng.ts'
import { selectiveEstimate } from '../selective/selective-estimate.ts'
import { normalDraw } from './normal-draws.ts'
import { answered } from './oracles.ts'

/** A world is a law of the true probability. */
export interface World {
  readonly name: string
  draw(source: Rng): number
}

export const worlds: readonly World[] = [
  { name: 'σ(-1.7 + 2.6z)', draw: source => sigmoid(-1.7 + 2.6 * normalDraw(source)) },
  { name: 'σ(-1.6 + 1.3z)', draw: source => sigmoid(-1.6 + 1.3 * normalDraw(source)) },
  {
    name: 'Beta(.25, 1.2)',
    draw(source) {
      for (;;) {
        // Jöhnk's rejection: exact, and made of uniforms only.
        const x = source.uniform() ** 4
        const y = source.uniform() ** (1 / 1.2)
        if (x + y > 0 && x + y <= 1) return x / (x + y)
      }
    },
  },
]

/** True shares in a world: wrong ones among the rows at or above (yes) or at or below (no) a probability. */
export interface Truth {
  wrongAtOrAbove(p: number): number
  wrongAtOrBelow(p: number): number
  /** Share of all rows of class 1 that lie strictly below. */
  positivesBelow(p: number): number
}

/** From many draws, by true probabilities and not by labels, so that little noise is left. */
export function truthOf(world: World, draws: number): Truth {
  const source = rng(`truth of ${world.name}`)
  const sorted = Float64Array.from({ length: draws }, () => world.draw(source)).sort()
  const below = new Float64Array(draws + 1)
  for (let i = 0; i < draws; i++) below[i + 1] = below[i]! + sorted[i]!
  const rank = (p: number) => {
    let low = 0
    let high = draws
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sorted[middle]! < p) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    wrongAtOrAbove(p) {
      const first = rank(p)
      // Beyond the last draw the share is that of the threshold itself.
      return first === draws ? 1 - p : 1 - (below[draws]! - below[first]!) / (draws - first)
    },
    wrongAtOrBelow(p) {
      // The row of probability p itself is one of infinitely many: strictly below or not makes no difference.
      const rows = rank(p)
      return rows === 0 ? p : below[rows]! / rows
    },
    positivesBelow: p => below[rank(p)]! / below[draws]!,
  }
}

/** How many calibrations broke their promise, of how many, by rule. */
export interface Broken {
  readonly setting: string
  readonly runs: number
  readonly certified: number
  readonly broken: number
  readonly naive: number
}

/** Certified thresholds and the naive rule "loosest past error within the budget", for all settings of one world. */
export function thresholdsBroken(
  world: World,
  truth: Truth,
  rows: number,
  runs: number,
  side: ActionSide,
): readonly Broken[] {
  const source = rng(`thresholds ${world.name} ${rows}`)
  const trueShare = side === 'yes' ? truth.wrongAtOrAbove : truth.wrongAtOrBelow
  const settings = [0.05, 0.1, 0.2].flatMap(epsilon =>
    [1, 2, 0.5].map(stretch => ({ epsilon, stretch, certified: 0, broken: 0, naive: 0 })),
  )
  for (let run = 0; run < runs; run++) {
    const p = Float64Array.from({ length: rows }, () => world.draw(source))
    const y = Uint8Array.from(p, value => (source.uniform() < value ? 1 : 0))
    const rank = Array.from(p.keys()).sort((a, b) => (side === 'yes' ? p[b]! - p[a]! : p[a]! - p[b]!))
    for (const setting of settings) {
      const { epsilon, stretch } = setting
      const odds = (value: number, power: number) => value ** power / (value ** power + (1 - value) ** power)
      const scores = stretch === 1 ? p : p.map(value => odds(value, stretch))
      const cut = certifyThreshold(scores, y, { epsilon, delta: 0.05, side })
      if (cut.ok) {
        setting.certified++
        if (trueShare(p[rank[cut.accepted - 1]!]!) > epsilon) setting.broken++
      }
      const naive = stretch === 1 ? naiveThreshold(p, y, rank, epsilon, side) : null
      if (naive !== null && trueShare(naive) > epsilon) setting.naive++
    }
  }
  return settings.map(({ epsilon, stretch, ...counts }) => ({
    setting: `${side} in ${world.name}, ${rows} rows, ε = ${epsilon}, logits x ${stretch}`,
    runs,
    ...counts,
  }))
}

function naiveThreshold(
  p: Float64Array,
  y: Uint8Array,
  rank: readonly number[],
  epsilon: number,
  side: ActionSide,
): number | null {
  let wrong = 0
  let threshold: number | null = null
  rank.forEach((row, i) => {
    wrong += side === 'yes' ? 1 - y[row]! : y[row]!
    if (wrong <= epsilon * (i + 1)) threshold = p[row]!
  })
  return threshold
}

/** Share of calibrations in which more than beta of the positives would be cleared. */
export function missBudgetsBroken(world: World, truth: Truth, rows: number, runs: number, beta: number): number {
  const source = rng(`misses ${world.name} ${rows} ${beta}`)
  let broken = 0
  for (let run = 0; run < runs; run++) {
    const p = Float64Array.from({ length: rows }, () => world.draw(source))
    const y = Uint8Array.from(p, value => (source.uniform() < value ? 1 : 0))
    const cut = certifyMissBudget(p, y, beta, 0.05)
    if (cut.ok && truth.positivesBelow(cut.below) > beta) broken++
  }
  return broken / runs
}

/**
 * Per stream the largest evidence ever seen and the audited case at which it first reached 20.
 * @param smallest 1: every act audited; less: each act with a probability of its own between this and 1
 */
export function tripwireRuns(runs: number, acts: number, epsilon: number, rate: number, smallest = 1) {
  const source = rng(`tripwire ${rate} ${smallest}`)
  const armed = answered(armTripwire({ epsilon, delta: 0.05 }))
  return Array.from({ length: runs }, () => {
    let wire = armed
    let highest = 0
    let at = Infinity
    for (let act = 0; act < acts && highest < Math.log(100); act++) {
      const loss = source.uniform() < rate ? 1 : 0
      if (smallest === 1) wire = observeTripwire(wire, loss)
      else {
        const probability = smallest + (1 - smallest) * source.uniform()
        wire = observeTripwire(wire, loss, { probability, audited: source.uniform() < probability })
      }
      highest = Math.max(highest, wire.logEvidence)
      if (at === Infinity && wire.tripped) at = wire.audited
    }
    return { highest: Math.exp(highest), at }
  })
}

/** Errors of the mean loss over all cases, in standard errors, and the plain mean of the seen ones, per world. */
export function selectiveWorlds(runs: number, cases: number) {
  const source = rng('selective worlds')
  return Array.from({ length: runs }, () => {
    const x = Float64Array.from({ length: cases }, () => source.uniform())
    const chance = x.map(value => 0.02 + 0.6 * value ** 4)
    const value = Float64Array.from(chance, rate => (source.uniform() < rate ? 1 : 0))
    // The policy looks at what it acts on, the top fifth, and explores 5 % of the rest.
    const propensity = x.map(place => (place > 0.8 ? 0.95 : 0.05))
    const seen = Uint8Array.from(propensity, probability => (source.uniform() < probability ? 1 : 0))
    const truth = 0.02 + 0.6 / 5
    const errors = [
      answered(selectiveEstimate({ value, seen, propensity })),
      answered(selectiveEstimate({ value, seen, propensity }, { method: 'inverse_propensity' })),
      answered(selectiveEstimate({ value, seen, propensity }, { predicted: x.map(place => 0.1 + 0.3 * place) })),
    ].map(estimate => Math.abs(estimate.value - truth) / estimate.standardError)
    let looked = 0
    let sum = 0
    for (let i = 0; i < cases; i++) {
      looked += seen[i]!
      sum += seen[i]! * value[i]!
    }
    return { errors, naive: sum / looked, truth }
  })
}
