// One tenant for half a year, as the line would live it with records: cases, labels, refits, looks, certificates, checks. The
// truth is kept beside it and never read by it.
import { sigmoid } from '../model/sigmoid.ts'
import { actedCut, takesOver } from '../record/acting-version.ts'
import { type CertifiedRecord, certifyRecord } from '../record/certify-record.ts'
import { countRows, noCounts, type RecordCounts } from '../record/counts.ts'
import { recordShares } from '../record/cuts.ts'
import { certificateDays, issueVerdict } from '../record/issue.ts'
import { recordBegins, recordInCharge } from '../record/records.ts'
import { plannedShare, recordStarts, recordStartsAfter } from '../record/starts.ts'
import type { ChainStart } from '../record/walk.ts'
import type { ActionSide } from '../risk/certify-threshold.ts'
import { rng } from '../rng.ts'
import { normalDraw } from './normal-draws.ts'
import { answered } from './oracles.ts'
import { type Judge, judgeOf, oracleShare } from './record-judge.ts'
import {
  type Case,
  checkAgain,
  drawCase,
  type Model,
  refitted,
  scoresOf,
  serving,
  type Version,
} from './record-versions.ts'
import type { LifeWorld } from './record-worlds.ts'

const days = 180
/** Outcomes are known and final after so long. */
const lagDays = 3
const delta = 0.05
const sides: readonly ActionSide[] = ['yes', 'no']

interface LifeRecord {
  readonly begun: number
  readonly firstCase: number
  readonly starts: readonly ChainStart[]
  counts: RecordCounts
  /** Per cut the true chances of being wrong of the rows in it, and of class 1 of all rows: what is promised about. */
  readonly truly: Float64Array
  positivesTruly: number
}

/** What became of one action of a life. */
export interface LivedAction {
  readonly side: ActionSide
  /** Labels until the first certificate; null: there was none. */
  readonly firstAfter: number | null
  /** A certified cut's average true share, over all versions, was above a budget when it was certified: the promise is broken. */
  readonly averageBroken: boolean
  /** The region acted on was above a budget for the version in force, on how many days, of how many acted on. */
  readonly brokenDays: number
  readonly actedDays: number
  /** Largest true share acted on, as a part of the budget. */
  readonly worst: number
  /** Mean share covered in the last thirty days, and that of the loosest truly permitted cut of the version in force. */
  readonly covered: number
  readonly oracle: number
}

/** Lives one life through; the same seed, the same life. */
export const liveThrough = (world: LifeWorld, seed: string): readonly LivedAction[] => liveTraced(world, seed).actions

/** A life, and what was fixed in it before labels were known. */
export interface TracedLife {
  readonly actions: readonly LivedAction[]
  /** Per side the strictest cut of each case, and where the walks of each record begin. */
  readonly cuts: Readonly<Record<ActionSide, readonly number[]>>
  readonly starts: Readonly<Record<ActionSide, readonly (readonly ChainStart[])[]>>
}

/**
 * As `liveThrough`.
 * @param relabel what the label of a case is instead; nothing else of the world changes
 */
export function liveTraced(
  world: LifeWorld,
  seed: string,
  relabel: (y: number, day: number) => number = y => y,
): TracedLife {
  const source = rng(seed)
  const cases: Case[] = []
  const judge = judgeOf(world, source.fork('judge'))
  const lives: Record<ActionSide, ActionLife> = { yes: actionLife(), no: actionLife() }
  let champion: Version | null = null
  let acting: Version | null = null
  let counted = 0
  let holdUntil = 0

  for (let day = 0; day < days; day++) {
    for (let i = 0; i < world.perDay; i++) {
      const drawn = drawCase(world, source, day, acting)
      cases.push({ ...drawn, y: relabel(drawn.y, day) })
    }
    const mature = cases.findLastIndex(one => one.day <= day - lagDays) + 1
    for (const side of sides) countMature(lives[side], side, cases, counted, mature)
    counted = mature

    const spoils = world.spoiled?.on.includes(day) ?? false
    if (spoils && champion !== null) {
      const scrambled: Model = {
        weights: champion.weights.map(() => normalDraw(source)),
        intercept: champion.intercept,
      }
      champion = serving(scrambled, cases, champion.fittedTo)
      holdUntil = day + world.spoiled!.days
    } else if (day % world.refitEvery === world.refitEvery - 1 && day >= holdUntil) {
      champion = refitted(cases.slice(0, mature), cases, champion, world) ?? champion
    }
    if (champion === null) continue
    acting ??= champion

    for (const side of sides) {
      beginRecord(lives[side], side, world, acting, cases, day)
      look(lives[side], side, world, day)
      for (const version of acting === champion ? [acting] : [acting, champion])
        checkAgain(version, side, world, cases.slice(version.fittedTo, mature))
    }
    const newest = champion
    if (acting !== newest && takesOver(sides.map(side => standing(lives[side], side, newest)))) acting = newest
    for (const side of sides) lives[side].judge(judge, side, world, acting, day, mature)
  }
  const perSide = <T>(of: (side: ActionSide) => T): Record<ActionSide, T> => ({ yes: of('yes'), no: of('no') })
  return {
    actions: sides.map(side => lives[side].lived(side)),
    cuts: perSide(side => cases.map(({ cut }) => cut[side])),
    starts: perSide(side => lives[side].records.map(({ starts }) => starts)),
  }
}

interface ActionLife {
  readonly records: LifeRecord[]
  certificate: { readonly cuts: readonly number[]; readonly until: number } | null
  averageBroken: boolean
  judge(judge: Judge, side: ActionSide, world: LifeWorld, acting: Version, day: number, labels: number): void
  lived(side: ActionSide): LivedAction
}

function actionLife(): ActionLife {
  let [brokenDays, actedDays, worst, covered, oracle] = [0, 0, 0, 0, 0]
  let firstAfter: number | null = null
  return {
    records: [],
    certificate: null,
    averageBroken: false,
    judge(judge, side, world, acting, day, labels) {
      const cut = actedCut(standing(this, side, acting))
      if (this.certificate !== null) firstAfter ??= labels
      const late = day >= days - 30
      if (cut === null && !late) return
      const truth = judge(acting, side, world, day)
      if (late) oracle += oracleShare(truth) / 30
      if (cut === null) return
      actedDays++
      if (late) covered += truth.share[cut]! / 30
      worst = Math.max(worst, truth.over[cut]!)
      if (truth.over[cut]! > 1) brokenDays++
    },
    lived(side) {
      const { averageBroken } = this
      return { side, firstAfter, averageBroken, brokenDays, actedDays, worst, covered, oracle }
    },
  }
}

function standing({ certificate }: ActionLife, side: ActionSide, version: Version) {
  return { certified: certificate?.cuts ?? [], passes: version.looks[side].passes }
}

function countMature(life: ActionLife, side: ActionSide, cases: readonly Case[], from: number, to: number): void {
  for (const record of life.records) {
    const rows = cases.slice(Math.max(from, record.firstCase), to)
    if (rows.length === 0) continue
    record.counts = countRows(
      record.counts,
      { cuts: rows.map(({ cut }) => cut[side]), y: rows.map(({ y }) => y) },
      side,
    )
    for (const { cut, chance } of rows) {
      record.positivesTruly += chance
      for (let k = 0; k <= cut[side]; k++) record.truly[k]! += side === 'yes' ? 1 - chance : chance
    }
  }
}

function beginRecord(
  life: ActionLife,
  side: ActionSide,
  { budgets, confidence = 1 }: LifeWorld,
  acting: Version,
  cases: readonly Case[],
  day: number,
): void {
  const youngest = life.records.at(-1)
  if (!recordBegins(acting.fittedTo, youngest === undefined ? null : day - youngest.begun)) return
  const scores = scoresOf(acting, cases.slice(-2000))
  const p = scores.map(z => sigmoid(confidence * z))
  const { share } = answered(plannedShare(scores, p, side, budgets[side].alpha))
  const loosest = life.certificate?.cuts[0]
  const starts = loosest === undefined ? recordStarts(share) : recordStartsAfter(loosest)
  const truly = new Float64Array(recordShares.length)
  life.records.push({ begun: day, firstCase: cases.length, starts, counts: noCounts, truly, positivesTruly: 0 })
}

function look(life: ActionLife, side: ActionSide, world: LifeWorld, day: number): void {
  const { records } = life
  if (life.certificate !== null && life.certificate.until <= day) life.certificate = null
  // Every record is held to its promise, in charge or not.
  const found = records.map(({ counts, starts }) => answered(certifyRecord(counts, starts, world.budgets[side], delta)))
  if (found.some((certified, i) => promiseBroken(certified, records[i]!, world, side))) life.averageBroken = true
  const chosen = recordInCharge(records.map(({ begun }, i) => ({ days: day - begun, rows: found[i]!.totals.all })))
  if (chosen === null) return
  const { cuts, loosest } = found[chosen]!
  const old = life.certificate
  const inForce = old === null ? null : { loosest: old.cuts[0]!, daysLeft: old.until - day }
  if (issueVerdict(loosest, inForce) === 'issue') life.certificate = { cuts, until: day + certificateDays }
}

function promiseBroken(certified: CertifiedRecord, record: LifeRecord, world: LifeWorld, side: ActionSide): boolean {
  const { alpha, beta } = world.budgets[side]
  return certified.cuts.some(cut => {
    const wrong = record.truly[cut]!
    return wrong > alpha * certified.totals.rows[cut]! || (beta !== null && wrong > beta * record.positivesTruly)
  })
}
