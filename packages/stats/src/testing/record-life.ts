// One tenant for half a year, as the line would live it with records: cases, labels, refits, looks, certificates, checks. The
// truth is kept beside it and never read by it.
import { denseDesign } from '../model/design.ts'
import { fitLogistic } from '../model/fit-logistic.ts'
import { sigmoid } from '../model/sigmoid.ts'
import { actedCut, takesOver } from '../record/acting-version.ts'
import { type CertifiedRecord, certifyRecord } from '../record/certify-record.ts'
import { countRows, noCounts, type RecordCounts } from '../record/counts.ts'
import { cutOf, type RecordCuts, recordCuts, recordShares } from '../record/cuts.ts'
import { certificateDays, issueVerdict } from '../record/issue.ts'
import { recordBegins, recordInCharge } from '../record/records.ts'
import { plannedShare, recordStarts, recordStartsAfter } from '../record/starts.ts'
import { checkVersion, nextLookAt } from '../record/version-check.ts'
import type { ChainStart } from '../record/walk.ts'
import type { ActionSide } from '../risk/certify-threshold.ts'
import { type Rng, rng } from '../rng.ts'
import { normalDraw } from './normal-draws.ts'
import { answered } from './oracles.ts'
import type { LifeWorld } from './record-worlds.ts'

const days = 180
/** Outcomes are known and final after so long. */
const lagDays = 3
const delta = 0.05
const judged = 6000
const sides: readonly ActionSide[] = ['yes', 'no']

interface Model {
  readonly weights: Float64Array
  readonly intercept: number
}

interface Version extends Model {
  /** Rows below this one may have been fitted on. */
  readonly fittedTo: number
  readonly cuts: Readonly<Record<ActionSide, RecordCuts>>
  readonly looks: Record<ActionSide, { passes: readonly number[]; next: number }>
}

interface Case {
  readonly x: Float64Array
  readonly y: number
  readonly chance: number
  readonly day: number
  /** Strictest cut of the acting version that held it, per side; -1: none. */
  readonly cut: Readonly<Record<ActionSide, number>>
}

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

function drawCase(world: LifeWorld, source: Rng, day: number, acting: Version | null): Case {
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

function scoreOf({ weights, intercept }: Model, x: Float64Array): number {
  let z = intercept
  for (let j = 0; j < weights.length; j++) z += weights[j]! * x[j]!
  return z
}

const scoresOf = (model: Model, cases: readonly Case[]) => Float64Array.from(cases, ({ x }) => scoreOf(model, x))

/** Fitted on the oldest four fifths of what is mature; the newest fifth chooses, luckily or not, whether it is promoted. */
function refitted(
  mature: readonly Case[],
  all: readonly Case[],
  champion: Version | null,
  world: LifeWorld,
): Version | null {
  const fittedTo = Math.floor(0.8 * mature.length)
  if (fittedTo < 60) return null
  const values = new Float64Array(fittedTo * world.columns)
  const y = new Uint8Array(fittedTo)
  for (let i = 0; i < fittedTo; i++) {
    values.set(mature[i]!.x, i * world.columns)
    y[i] = mature[i]!.y
  }
  const fit = fitLogistic(denseDesign(values, fittedTo, world.columns), y, { c: 1 })
  if (!fit.ok) return null
  const model: Model = { weights: fit.coefficients, intercept: fit.intercept }
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
function serving(model: Model, cases: readonly Case[], fittedTo: number): Version {
  const scores = scoresOf(model, cases.slice(-2000))
  const cuts = { yes: answered(recordCuts(scores, 'yes')), no: answered(recordCuts(scores, 'no')) }
  const looks = { yes: { passes: [], next: 0 }, no: { passes: [], next: 0 } }
  return { ...model, fittedTo, cuts, looks }
}

function checkAgain(version: Version, side: ActionSide, world: LifeWorld, unseen: readonly Case[]): void {
  const before = version.looks[side]
  if (unseen.length < before.next) return
  const y = Uint8Array.from(unseen, one => one.y)
  const { passes } = checkVersion(scoresOf(version, unseen), y, version.cuts[side], world.budgets[side])
  version.looks[side] = { passes, next: nextLookAt(unseen.length) }
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
      if (late) oracle += Math.max(0, ...recordShares.map((_, k) => (truth.over[k]! <= 1 ? truth.share[k]! : 0))) / 30
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

/** Per cut of a version: the share of cases in it, and the worse of its true shares as a part of its budget. */
type Judge = (
  version: Version,
  side: ActionSide,
  world: LifeWorld,
  day: number,
) => { readonly share: Float64Array; readonly over: Float64Array }

/** Judges by many cases of known chance; what was found is kept as long as neither the version nor the world moves. */
function judgeOf(world: LifeWorld, source: Rng): Judge {
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
