import assert from 'node:assert/strict'
import { test } from 'node:test'
import { customerOps } from '@surety/pod-customer-ops'
import { certifyRecord, countRows, noCounts, plannedShare, recordShares, recordStarts, rng } from '@surety/stats'
import { evidenceIn } from '../../packages/server/src/manage/autonomy/records/completeness.ts'
import { unlockingCut } from '../../packages/server/src/manage/autonomy/records/record-lack.ts'
import { budgetsOfRecord } from '../../packages/server/src/manage/autonomy/records/side-of.ts'
import { reviewDraw } from '../../packages/server/src/pipeline/decide/review-draw.ts'
import { stateOf } from '../../packages/server/src/pipeline/decide/testing/bounded-item.ts'
import { normalDraw } from '../../packages/stats/src/testing/normal-draws.ts'

/**
 * What the order in which people are asked is worth where nobody else tells an outcome: lives of one action, a few cases of each day
 * looked at, until its first certificate by the product's own rule. The model says the true chance; what differs is the order alone.
 */
const quick = process.env['SURETY_TEST_QUICK'] === '1'
const [perDay, queueDays, blindedShare, smallestRate] = [60, 7, 0.1, 0.02]

interface World {
  readonly name: string
  readonly side: 'act' | 'clear'
  readonly alpha: number
  readonly chance: (z: number) => number
  /** Cases that people look at, a day. */
  readonly reviews: number
  /** So many are enough for nine tenths of the region, beside what is drawn elsewhere. */
  readonly enough: boolean
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
const strong = (z: number): number => sigmoid(-0.6 + 3.2 * z)
const weak = (z: number): number => sigmoid(-1.2 + 1.1 * z)
const worlds: readonly World[] = [
  { name: 'weak yes, a small region', side: 'act', alpha: 0.35, chance: weak, reviews: 20, enough: true },
  { name: 'strong yes', side: 'act', alpha: 0.1, chance: strong, reviews: 20, enough: false },
  { name: 'strong yes, most looked at', side: 'act', alpha: 0.1, chance: strong, reviews: 48, enough: true },
  { name: 'weak no', side: 'clear', alpha: 0.2, chance: weak, reviews: 20, enough: false },
]

interface Case {
  readonly day: number
  readonly kappa: number
  readonly label: 0 | 1
  readonly coin: number
  /** Smaller comes first, by each order. */
  readonly urgency: number
  readonly unlock: number
  asked: boolean
}

function casesOf({ side, chance, alpha }: World, days: number, life: number) {
  const random = rng(`asking ${life}`)
  // The newest 2,000 of before: cuts and plan, as they are frozen when a version begins to serve.
  const before = Float64Array.from({ length: 2000 }, () => normalDraw(random)).sort()
  if (side === 'act') before.reverse()
  const scores = before.map(chance)
  const plan = plannedShare(scores, scores, side === 'act' ? 'yes' : 'no', alpha)
  assert.ok(plan.ok)
  const starts = recordStarts(plan.share)
  const region = unlockingCut(plan.share, starts)
  const action = { ...customerOps.questions[0].actions[side]!, auditRate: smallestRate }
  const state = stateOf(action, { unlocksFrom: 0.5, unlocksShare: recordShares[region]! })
  const autonomy = { sides: side === 'act' ? { act: state } : { clear: state }, blindedShare }
  const edges = recordShares.map(share => before[Math.ceil(share * before.length) - 1]!)
  const cases = Array.from({ length: days * perDay }, (_, i): Case => {
    const z = normalDraw(random)
    const kappa = edges.findLastIndex(edge => (side === 'act' ? z >= edge : z <= edge))
    const coin = random.uniform()
    const draw = reviewDraw(autonomy, kappa >= region ? state : null, { coin, audited: false, auditRate: smallestRate })
    const day = Math.floor(i / perDay)
    const blinded = random.uniform() < blindedShare
    return {
      day,
      kappa,
      coin,
      label: random.uniform() < chance(z) ? 1 : 0,
      urgency: Math.floor(3 * random.uniform()) * 1e6 + i,
      // What is not drawn follows by urgency.
      unlock: (blinded ? draw.blinded : draw.shown) + i * 1e-12,
      asked: false,
    }
  })
  return { cases, starts }
}

/** @returns labels until every label counted would certify, and labels until the record's own rule does; null: never */
function live(world: World, order: 'urgency' | 'unlock', days: number, life: number) {
  const { cases, starts } = casesOf(world, days, life)
  const { side, alpha } = world
  const yes = side === 'act' ? 'yes' : 'no'
  const budget = { alpha, delta: 0.05, missBudget: null, smallestRate }
  const budgets = budgetsOfRecord(budget)
  const counted = (some: readonly Case[]) =>
    countRows(noCounts, { cuts: some.map(({ kappa }) => kappa), y: some.map(({ label }) => label) }, yes)
  let labels = 0
  let every: number | null = null
  let rule: number | null = null
  let ruleDay: number | null = null
  for (let day = 1; day <= days; day++) {
    const open = cases.slice(Math.max(0, day - queueDays) * perDay, day * perDay).filter(one => !one.asked)
    open.sort((a, b) => a[order] - b[order])
    for (const one of open.slice(0, world.reviews)) one.asked = true
    labels += Math.min(open.length, world.reviews)
    if (day % 3 !== 0) continue
    if (every === null) {
      const found = certifyRecord(counted(cases.filter(({ asked }) => asked)), starts, budgets, budget.delta)
      assert.ok(found.ok)
      if (found.loosest !== null) every = labels
    }
    if (rule !== null) {
      if (every !== null) break
      continue
    }
    const mature = cases.slice(0, Math.max(0, day - queueDays) * perDay)
    const told = mature.filter(({ asked }) => asked)
    const groups = Map.groupBy(
      mature.slice(-5000).filter(({ kappa }) => kappa >= 0),
      ({ kappa, coin }) => 2 * kappa + (coin < smallestRate ? 1 : 0),
    )
    const sample = [...groups].map(([key, some]) => {
      const labelled = some.filter(({ asked }) => asked).length
      return { kappa: key >> 1, drawn: key % 2 === 1, decisions: some.length, labelled }
    })
    const drawn = { rate: smallestRate, counts: counted(told.filter(({ coin }) => coin < smallestRate)) }
    const record = { side, budget, starts, suspensions: 0, budgetChanges: 0, counts: counted(told), drawn }
    const evidence = evidenceIn(record, sample)
    if (!evidence.ok) continue
    const found = certifyRecord(evidence.counts, starts, budgets, budget.delta)
    assert.ok(found.ok)
    if (found.loosest !== null) [rule, ruleDay] = [labels, day]
  }
  return { every, rule, day: ruleDay }
}

const middle = (values: readonly (number | null)[]): number =>
  values.map(value => value ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b)[values.length >> 1]!

for (const world of quick ? worlds.slice(0, 1) : worlds)
  test(`${world.name}: who is asked by the draw, and who by urgency, until a first certificate`, t => {
    const [days, lives] = quick ? [90, 5] : [180, 25]
    const found = { urgency: { every: 0, certified: 0 }, unlock: { every: 0, certified: 0 } }
    for (const order of ['urgency', 'unlock'] as const) {
      const lived = Array.from({ length: lives }, (_, life) => live(world, order, days, life))
      const certified = lived.filter(({ rule }) => rule !== null).length
      found[order] = { every: middle(lived.map(({ every }) => every)), certified }
      t.diagnostic(
        `${order}: ${found[order].every} labels if every one counted, ${middle(lived.map(({ rule }) => rule))} by the record's rule (day ${middle(lived.map(({ day }) => day))}), in the middle of ${lives} lives; ${certified} certified in ${days} days`,
      )
    }
    const { urgency, unlock } = found
    assert.ok(unlock.every <= 1.1 * urgency.every, `${unlock.every} labels by the draw, ${urgency.every} by urgency`)
    // By urgency a third of each cut is labelled: who gets a label may then depend on what it is, for all that the record knows.
    assert.equal(urgency.certified, 0)
    if (world.enough) assert.ok(unlock.certified >= 0.6 * lives, `${unlock.certified} of ${lives} by the draw`)
  })
