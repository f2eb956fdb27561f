import { sigmoid } from '../model/sigmoid.ts'
import type { ActionBudgets } from '../record/certify-record.ts'
import type { ActionSide } from '../risk/certify-threshold.ts'

/** A tenant's world for half a year: its cases, what is true of them, and how its models come about. */
export interface LifeWorld {
  readonly name: string
  readonly perDay: number
  readonly columns: number
  /** True chance of class 1, known to nobody inside. Columns are standard normal. */
  chance(x: Float64Array, day: number): number
  readonly budgets: Readonly<Record<ActionSide, ActionBudgets>>
  /** Days between refits. */
  readonly refitEvery: number
  /** Days on which a version with scrambled weights is promoted by a gate that looks at nothing, and how long it stays. */
  readonly spoiled?: { readonly on: readonly number[]; readonly days: number }
  /** What a model believes of itself: its log-odds times this; above 1 it plans too much. */
  readonly confidence?: number
  /** true: every version passes everywhere, as if nobody looked at what it has not seen. */
  readonly unchecked?: boolean
  /** Nothing drifts and nothing is spoiled, so that the version of the day is held to its budget too. */
  readonly steady: boolean
}

/** Weighted sum of the columns, itself standard normal. */
function signal(x: Float64Array, columns = x.length): number {
  let sum = 0
  let squares = 0
  for (let j = 0; j < columns; j++) {
    const weight = 1 / (1 + j)
    sum += weight * x[j]!
    squares += weight * weight
  }
  return sum / Math.sqrt(squares)
}

const acts = (alpha: number): ActionBudgets => ({ alpha, beta: null })
const clears = (alpha: number): ActionBudgets => ({ alpha, beta: 0.2 })
const strong = { yes: acts(0.1), no: clears(0.05) }
const strongChance = (x: Float64Array): number => sigmoid(-0.6 + 3.2 * signal(x))

/** Worlds that do not change: here the version in force is held to the budget as well as the record. */
export const steadyWorlds: readonly LifeWorld[] = [
  { name: 'strong', perDay: 20, columns: 8, chance: strongChance, budgets: strong, refitEvery: 7, steady: true },
  {
    name: 'weak',
    perDay: 20,
    columns: 8,
    chance: x => sigmoid(-1.2 + 1.1 * signal(x)),
    budgets: { yes: acts(0.35), no: clears(0.15) },
    refitEvery: 7,
    steady: true,
  },
  {
    name: 'rare',
    perDay: 40,
    columns: 6,
    chance: x => sigmoid(-4 + 1.6 * signal(x)),
    budgets: { yes: acts(0.3), no: clears(0.01) },
    refitEvery: 7,
    steady: true,
  },
  {
    // Of one case in eight the signal means the opposite, and no model of single columns can see which.
    name: 'unequal arms',
    perDay: 20,
    columns: 8,
    chance: x => sigmoid(-0.6 + (x[7]! > 1.15 ? -1.5 : 3.2) * signal(x, 7)),
    budgets: { yes: acts(0.3), no: clears(0.18) },
    refitEvery: 7,
    steady: true,
  },
  {
    // Where it is most certain it is wrong most often: there is nothing to certify, though it plans much.
    name: 'anti-calibrated',
    perDay: 20,
    columns: 8,
    chance: x => {
      const s = signal(x)
      return Math.abs(s) > 1.5 ? 0.45 : sigmoid(-0.6 + 3.2 * s)
    },
    budgets: { yes: acts(0.2), no: clears(0.1) },
    refitEvery: 7,
    confidence: 2,
    steady: true,
  },
  {
    name: 'nightly refits',
    perDay: 20,
    columns: 8,
    chance: strongChance,
    budgets: strong,
    refitEvery: 1,
    steady: true,
  },
]

/** Worlds that hurt: the record keeps its promise on the average, the version of a day need not. */
export const changingWorlds: readonly LifeWorld[] = [
  {
    name: 'spoiled version',
    perDay: 20,
    columns: 8,
    chance: strongChance,
    budgets: strong,
    refitEvery: 7,
    spoiled: { on: [84], days: 28 },
    steady: false,
  },
  {
    name: 'every second spoiled',
    perDay: 20,
    columns: 8,
    chance: strongChance,
    budgets: strong,
    refitEvery: 7,
    spoiled: { on: [42, 70, 98, 126, 154], days: 14 },
    steady: false,
  },
  {
    name: 'turning weights',
    perDay: 20,
    columns: 8,
    chance: (x, day) => {
      // By 46 degrees over half a year, out of the first column's direction into that of a new one.
      const angle = (day / 180) * 0.8
      return sigmoid(-0.6 + 3.2 * (Math.cos(angle) * signal(x, 7) + Math.sin(angle) * x[7]!))
    },
    budgets: strong,
    refitEvery: 7,
    steady: false,
  },
]

/** As `spoiled version`, without the check of versions: what the check is for. */
export const uncheckedWorld: LifeWorld = { ...changingWorlds[0]!, name: 'spoiled version, unchecked', unchecked: true }

/** What no record can promise anything about: rows of before say nothing of after. Figures only. */
export const jumpingWorld: LifeWorld = {
  name: 'base rate jumps',
  perDay: 20,
  columns: 8,
  chance: (x, day) => sigmoid((day < 120 ? -0.6 : 0.1) + 3.2 * signal(x)),
  budgets: strong,
  refitEvery: 7,
  steady: false,
}
