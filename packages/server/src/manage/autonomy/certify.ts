import type { Action } from '@surety/contract'
import {
  type CertifiedThreshold,
  certifyMissBudget,
  certifyThreshold,
  fewestRows,
  type MissBudget,
  neededLabels,
  spentDelta,
} from '@surety/stats'
import { type Shortfall, shortfallOf } from './shortfall.ts'

/** What a certificate is asked of: scores with their final label, of cases that the model was not fitted on. */
export interface Evidence {
  readonly probability: number
  readonly label: 0 | 1
}

/** One budget of one action, asked for the `spending`-th time. */
export interface Claim {
  readonly action: Action
  /** The operator's threshold: acts are walked among p >= floor, clears among p < floor. */
  readonly floor: number
  readonly spending: number
}

/** Where the action may be done by itself. */
export interface Certified {
  readonly kind: 'certified'
  readonly deltaSpent: number
  readonly walk: CertifiedThreshold
  readonly miss: MissBudget | null
  /** Rows inside the region that both budgets leave, and the wrong ones among them. */
  readonly accepted: number
  readonly wrong: number
  /** Of all rows, 0..1. */
  readonly share: number
}

export type Finding =
  | Certified
  /** Too little to even ask: nothing was tested, so nothing is spent. */
  | { readonly kind: 'not_asked'; readonly shortfall: Shortfall }
  | { readonly kind: 'refused'; readonly deltaSpent: number; readonly shortfall: Shortfall }

/** What each budget of a claim may spend: a clear with a miss budget splits its part in halves. */
export function spendingOf({ action, spending }: Claim): { readonly attempt: number; readonly each: number } {
  const attempt = spentDelta(action.delta, spending)
  return { attempt, each: action.missBudget === null ? attempt : attempt / 2 }
}

/** The fewest rows, none of them wrong, with which the claim can be made at all. */
export function leastRows(claim: Claim): { readonly walk: number; readonly positives: number } {
  const delta = spendingOf(claim).each
  const { alpha, missBudget } = claim.action
  return {
    walk: fewestRows({ epsilon: alpha, delta }),
    positives: missBudget === null ? 0 : fewestRows({ epsilon: missBudget, delta }),
  }
}

/** Asks whether, and where, one action may be done by itself. Pure; a claim that cannot pass is not tried. */
export function certify(rows: readonly Evidence[], claim: Claim): Finding {
  const { action, floor, spending } = claim
  const side = rows.filter(({ probability }) => (action.side === 'act' ? probability >= floor : probability < floor))
  const least = leastRows(claim)
  const share = rows.length === 0 ? null : side.length / rows.length
  const common = { claim, unlocksFrom: floor, share }
  if (side.length < least.walk) {
    return {
      kind: 'not_asked',
      shortfall: shortfallOf({ ...common, code: 'too_few_labels', have: side.length, need: least.walk }),
    }
  }
  const positives = rows.reduce((sum, { label }) => sum + label, 0)
  if (positives < least.positives) {
    return {
      kind: 'not_asked',
      shortfall: shortfallOf({ ...common, code: 'too_few_positives', have: positives, need: least.positives }),
    }
  }
  const { attempt: deltaSpent, each: delta } = spendingOf(claim)
  const walk = certifyThreshold(scoresOf(side), labelsOf(side), {
    epsilon: action.alpha,
    delta,
    side: action.side === 'act' ? 'yes' : 'no',
  })
  const next: Claim = { ...claim, spending: spending + 1 }
  if (!walk.ok)
    return { kind: 'refused', deltaSpent, shortfall: refusedAt(rows.length, side, next, walk.have, walk.need) }
  const miss =
    action.missBudget === null ? null : certifyMissBudget(scoresOf(rows), labelsOf(rows), action.missBudget, delta)
  if (miss !== null && !miss.ok) {
    const shortfall = shortfallOf({
      ...common,
      claim: next,
      code: 'too_few_positives',
      have: miss.have,
      need: miss.need,
    })
    return { kind: 'refused', deltaSpent, shortfall }
  }
  const inside = side.filter(({ probability: p }) =>
    action.side === 'act' ? p >= walk.threshold : p <= walk.threshold && (miss === null || p < miss.below),
  )
  if (inside.length === 0) {
    const shortfall = shortfallOf({
      ...common,
      claim: next,
      code: 'miss_budget',
      have: positives,
      need: positives + 1,
    })
    return { kind: 'refused', deltaSpent, shortfall }
  }
  return {
    kind: 'certified',
    deltaSpent,
    walk,
    miss,
    accepted: inside.length,
    wrong: inside.filter(({ label }) => isWrong(action, label)).length,
    share: inside.length / rows.length,
  }
}

/** An act on a 0, a clear of a 1. */
export const isWrong = ({ side }: Pick<Action, 'side'>, label: number): boolean => label === (side === 'act' ? 0 : 1)

/** The walk failed at its first cut: what that cut held says how far away the next one is. */
function refusedAt(total: number, side: readonly Evidence[], claim: Claim, have: number, need: number): Shortfall {
  const { action } = claim
  const first = side
    .toSorted((a, b) => (action.side === 'act' ? b.probability - a.probability : a.probability - b.probability))
    .slice(0, have)
  const wrong = first.filter(({ label }) => isWrong(action, label)).length
  const common = {
    claim,
    wrong,
    have,
    unlocksFrom: first.at(-1)?.probability ?? claim.floor,
    share: have / total,
  }
  const needed = neededLabels(wrong / have, { epsilon: action.alpha, delta: spendingOf(claim).each })
  if (!needed.ok) return shortfallOf({ ...common, code: 'error_too_high', need: Math.max(have + 1, need) })
  return shortfallOf({ ...common, code: 'too_few_labels', need: Math.max(have + 1, needed.n) })
}

const scoresOf = (rows: readonly Evidence[]): Float64Array => Float64Array.from(rows, row => row.probability)
const labelsOf = (rows: readonly Evidence[]): Uint8Array => Uint8Array.from(rows, row => row.label)
