// Cases of a simulated tenant, and the versions of its model.
import { denseDesign } from '../model/design.ts'
import { fitLogistic } from '../model/fit-logistic.ts'
import { cutOf, type RecordCuts, recordCuts, recordShares } from '../record/cuts.ts'
import { checkVersion, nextLookAt } from '../record/version-check.ts'
import type { ActionSide } from '../risk/certify-threshold.ts'
import type { Rng } from '../rng.ts'
import { normalDraw } from './normal-draws.ts'
import { answered } from './oracles.ts'
import type { LifeWorld } from './record-worlds.ts'

export interface Model {
  readonly weights: Float64Array
  readonly intercept: number
}

export interface Version extends Model {
  /** Rows below this one may have been fitted on. */
  readonly fittedTo: number
  readonly cuts: Readonly<Record<ActionSide, RecordCuts>>
  readonly looks: Record<ActionSide, { passes: readonly number[]; next: number }>
}

export interface Case {
  readonly x: Float64Array
  readonly y: number
  readonly chance: number
  readonly day: number
  /** Strictest cut of the acting version that held it, per side; -1: none. */
  readonly cut: Readonly<Record<ActionSide, number>>
}

export function drawCase(world: LifeWorld, source: Rng, day: number, acting: Version | null): Case {
  const x = Float64Array.from({ length: world.columns }, () => normalDraw(source))
  const chance = world.chance(x, day)
  const y = source.uniform() < chance ? 1 : 0
  const score = acting === null ? NaN : scoreOf(acting, x)
  const cut = {
    yes: acting === null ? -1 : cutOf(acting.cuts.yes, score),
    no: acting === null ? -1 : cutOf(acting.cuts.no, score),
  }
  return { x, y, chance, day, cut }
}

export function scoreOf({ weights, intercept }: Model, x: Float64Array): number {
  let z = intercept
  for (let j = 0; j < weights.length; j++) z += weights[j]! * x[j]!
  return z
}

export const scoresOf = (model: Model, cases: readonly Case[]) => Float64Array.from(cases, ({ x }) => scoreOf(model, x))

/** A logistic model of these cases; null: one class alone. */
export function fitModel(cases: readonly Case[], columns: number): Model | null {
  const values = new Float64Array(cases.length * columns)
  for (const [i, { x }] of cases.entries()) values.set(x, i * columns)
  const y = Uint8Array.from(cases, one => one.y)
  const fit = fitLogistic(denseDesign(values, cases.length, columns), y, { c: 1 })
  return fit.ok ? { weights: fit.coefficients, intercept: fit.intercept } : null
}

/** Fitted on the oldest four fifths of what is mature; the newest fifth chooses, luckily or not, whether it is promoted. */
export function refitted(
  mature: readonly Case[],
  all: readonly Case[],
  champion: Version | null,
  world: LifeWorld,
): Version | null {
  const fittedTo = Math.floor(0.8 * mature.length)
  const model = fittedTo < 60 ? null : fitModel(mature.slice(0, fittedTo), world.columns)
  if (model === null) return null
  const held = mature.slice(fittedTo)
  if (champion !== null && lossOn(held, model) >= lossOn(held, champion)) return null
  return serving(model, all, fittedTo)
}

function lossOn(cases: readonly Case[], model: Model): number {
  let loss = 0
  for (const { x, y } of cases) loss += Math.log1p(Math.exp((1 - 2 * y) * scoreOf(model, x)))
  return loss
}

/** Its cuts are frozen as it begins to serve. */
export function serving(model: Model, cases: readonly Case[], fittedTo: number): Version {
  const scores = scoresOf(model, cases.slice(-2000))
  const cuts = { yes: answered(recordCuts(scores, 'yes')), no: answered(recordCuts(scores, 'no')) }
  const looks = { yes: { passes: [], next: 0 }, no: { passes: [], next: 0 } }
  return { ...model, fittedTo, cuts, looks }
}

export function checkAgain(version: Version, side: ActionSide, world: LifeWorld, unseen: readonly Case[]): void {
  const before = version.looks[side]
  if (unseen.length < before.next) return
  const y = Uint8Array.from(unseen, one => one.y)
  const { passes } = checkVersion(scoresOf(version, unseen), y, version.cuts[side], world.budgets[side])
  const everywhere = recordShares.map((_, cut) => cut)
  version.looks[side] = { passes: world.unchecked ? everywhere : passes, next: nextLookAt(unseen.length) }
}
