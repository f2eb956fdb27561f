import { cutOf, recordShares } from '../record/cuts.ts'
import type { ActionSide } from '../risk/certify-threshold.ts'
import type { Rng } from '../rng.ts'
import { normalDraw } from './normal-draws.ts'
import { scoreOf, type Version } from './record-versions.ts'
import type { LifeWorld } from './record-worlds.ts'

const judged = 6000

/** Per cut of a version: the share of cases in it, and the worse of its true shares as a part of its budget. */
export type Judge = (
  version: Version,
  side: ActionSide,
  world: LifeWorld,
  day: number,
) => { readonly share: Float64Array; readonly over: Float64Array }

/** Judges by many cases of known chance; what was found is kept as long as neither the version nor the world moves. */
export function judgeOf(world: LifeWorld, source: Rng): Judge {
  const xs = Array.from({ length: judged }, () =>
    Float64Array.from({ length: world.columns }, () => normalDraw(source)),
  )
  const chancesOn = new Map<number, Float64Array>()
  const known = new WeakMap<Version, Map<string, ReturnType<Judge>>>()
  return (version, side, { budgets }, day) => {
    // A world that changes is looked at once a week.
    const moment = world.steady ? 0 : 7 * Math.floor(day / 7)
    const chances = chancesOn.get(moment) ?? Float64Array.from(xs, x => world.chance(x, moment))
    chancesOn.set(moment, chances)
    const ofVersion = known.get(version) ?? new Map<string, ReturnType<Judge>>()
    known.set(version, ofVersion)
    const key = `${side} ${moment}`
    const found = ofVersion.get(key) ?? judgeCuts(version, side, xs, chances, budgets[side])
    ofVersion.set(key, found)
    return found
  }
}

function judgeCuts(
  version: Version,
  side: ActionSide,
  xs: readonly Float64Array[],
  chances: Float64Array,
  { alpha, beta }: LifeWorld['budgets'][ActionSide],
): ReturnType<Judge> {
  const rows = new Float64Array(recordShares.length)
  const wrong = new Float64Array(recordShares.length)
  let positives = 0
  for (const [i, x] of xs.entries()) {
    const chance = chances[i]!
    positives += chance
    const cut = cutOf(version.cuts[side], scoreOf(version, x))
    if (cut < 0) continue
    rows[cut]! += 1
    wrong[cut]! += side === 'yes' ? 1 - chance : chance
  }
  for (let cut = rows.length - 2; cut >= 0; cut--) {
    rows[cut]! += rows[cut + 1]!
    wrong[cut]! += wrong[cut + 1]!
  }
  const over = rows.map((inside, cut) => {
    const errors = inside === 0 ? 0 : wrong[cut]! / inside / alpha
    return beta === null ? errors : Math.max(errors, wrong[cut]! / positives / beta)
  })
  return { share: rows.map(inside => inside / xs.length), over }
}

/** Share of the loosest cut that truly keeps its budgets: what somebody who knows everything would cover. */
export const oracleShare = ({ share, over }: ReturnType<Judge>): number =>
  Math.max(0, ...recordShares.map((_, cut) => (over[cut]! <= 1 ? share[cut]! : 0)))
