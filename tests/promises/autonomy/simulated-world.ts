import type { JsonObject } from '@surety/contract'
import { type Rng, rng, sigmoid } from '@surety/stats'

/** The sorts of business that are simulated: as it is with leads, an easy one, a hard one, a rare answer, and one that changes. */
export const kinds = ['leads', 'strong', 'weak', 'rare', 'drifting'] as const
export type Kind = (typeof kinds)[number]

/** What goes wrong beside the learning. */
export type Trouble =
  /** Outcomes of wrong acts are never told, but for those drawn for an audit; of wrong ones that were asked this share is not either. */
  | { readonly what: 'hidden'; readonly askedShare: number }
  /** So large a share of outcomes is never told, whatever they are. */
  | { readonly what: 'lost'; readonly share: number }
  /** A version that is wrong about its strongest columns serves on these days, whatever the gate says. */
  | { readonly what: 'spoiled'; readonly from: number; readonly until: number }
  /** The log-odds of yes are higher from this day on. */
  | { readonly what: 'jump'; readonly from: number; readonly logit: number }

export interface SimulatedRow {
  readonly x: readonly [number, number, number, number]
  readonly level: 'a' | 'b' | 'c'
}

/** A world whose truth is known: how often the answer is yes, for every row. */
export interface SimulatedWorld {
  readonly kind: Kind
  readonly name: string
  readonly draw: Rng
  /** Error budgets. */
  readonly yes: number
  readonly no: number
  /** Share of would-be acts that are audited; larger where the world has too few days for the usual 2 %. */
  readonly auditRate: number
  /** From this day on twice the budget is wrong, wherever less was; null: nothing ever changes. */
  readonly changesOn: number | null
  readonly eventsPerDay: number
  /** Nights of learning. */
  readonly refitDays: ReadonlySet<number>
  /** What goes wrong in it; nothing: null. */
  readonly trouble: Trouble | null
  row(draw: Rng): SimulatedRow
  /** Chance of yes on that day, 0..1. */
  chance(row: SimulatedRow, day: number): number
  /** Time until the outcome is known, milliseconds. */
  delay(label: 0 | 1, draw: Rng): number
}

interface Shape {
  readonly base: number
  readonly slope: number
  readonly yes: number
  readonly no: number
}

const shapes: { readonly [kind in Kind]: Shape } = {
  leads: { base: -2.2, slope: 1.1, yes: 0.35, no: 0.1 },
  strong: { base: -0.6, slope: 3, yes: 0.1, no: 0.05 },
  weak: { base: -0.8, slope: 0.6, yes: 0.35, no: 0.2 },
  rare: { base: -4.8, slope: 1.5, yes: 0.3, no: 0.02 },
  drifting: { base: -0.6, slope: 3, yes: 0.1, no: 0.08 },
}

const dayMs = 86_400_000

const usualRefits: ReadonlySet<number> = new Set([8, 18, 28, 40, 50])

export function simulatedWorld(
  kind: Kind,
  seed: number,
  { refitDays = usualRefits, trouble = null }: Partial<Pick<SimulatedWorld, 'refitDays' | 'trouble'>> = {},
): SimulatedWorld {
  const shape = shapes[kind]
  const draw = rng(`${kind} ${seed}`)
  const tilt = draw.fork('tilt')
  // Every world of a kind differs a little, so that no figure rests on one lucky shape.
  const base = shape.base + 0.4 * (tilt.uniform() - 0.5)
  const slope = shape.slope * (0.85 + 0.3 * tilt.uniform())
  const changesOn = kind === 'drifting' ? 35 : null
  const before = ({ x, level }: SimulatedRow, more: number): number =>
    sigmoid(
      base +
        more +
        slope * (0.9 * x[0] + 0.5 * x[1] + 0.35 * Math.sin(2 * x[2]) + (x[3] > 0 ? 0.3 * x[0] : 0)) +
        (level === 'a' ? 0.4 : level === 'b' ? -0.2 : 0),
    )
  return {
    kind,
    name: `${kind}-${seed}`,
    draw,
    yes: shape.yes,
    no: shape.no,
    auditRate: kind === 'drifting' ? 0.5 : 0.05,
    changesOn,
    // Enough acts after the change for the tripwire to see it.
    eventsPerDay: kind === 'drifting' ? 200 : 90,
    refitDays,
    trouble,
    row: from => ({
      x: [normal(from), normal(from), normal(from), normal(from)],
      level: (['a', 'b', 'c'] as const)[from.int(3)]!,
    }),
    chance(row, day) {
      const p = before(row, trouble?.what === 'jump' && day >= trouble.from ? trouble.logit : 0)
      if (changesOn === null || day < changesOn) return p
      return p >= 0.5 ? Math.min(p, 1 - 2 * shape.yes) : Math.max(p, 2 * shape.no)
    },
    // Good news comes early, as with leads: whoever takes the first answers for all of them is misled.
    delay: (label, from) => (label === 1 ? dayMs * (0.2 + 2 * from.uniform()) : dayMs * (1 + 2 * from.uniform())),
  }
}

/** Box-Muller; one of the pair is enough here. */
function normal(draw: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - draw.uniform())) * Math.cos(2 * Math.PI * draw.uniform())
}

export const simulatedColumns = [
  ...['x1', 'x2', 'x3', 'x4'].map(name => ({ name, kind: 'numeric' as const })),
  { name: 'level', kind: 'categorical' as const },
]

export const cellsOf = ({ x, level }: SimulatedRow): JsonObject => ({
  x1: x[0],
  x2: x[1],
  x3: x[2],
  x4: x[3],
  level,
})

export const valuesOf = ({ x, level }: SimulatedRow): (number | string)[] => [...x, level]
