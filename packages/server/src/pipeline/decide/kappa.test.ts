import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Action, Interval } from '@surety/contract'
import { customerOps } from '@surety/pod-customer-ops'
import { recordCuts } from '@surety/stats'
import type { ActingVersion } from '../item.ts'
import { decide } from './decide.ts'
import {
  type AutonomyChange,
  autonomyWith,
  boundedItem,
  bounds,
  type ItemChange,
  noon,
  region,
  snapshotWith,
} from './testing/bounded-item.ts'

const floor = 0.5
const { act, clear } = customerOps.questions[0].actions
const narrowAct: Action = { ...act!, conditions: { on: 'lower_bound', narrow: true } }

/** Of 100 decisions scored .01, .02, … 1: cut k holds the best 1.1^-k of them. */
const scores = Float64Array.from({ length: 100 }, (_, i) => (i + 1) / 100)
function cutsOf(of: Float64Array): ActingVersion['cuts'] {
  const [yes, no] = [recordCuts(of, 'yes'), recordCuts(of, 'no')]
  assert.ok(yes.ok && no.ok)
  return { act: yes, clear: no }
}
const cuts = cutsOf(scores)
const decided = (item: ItemChange, change: AutonomyChange = {}) =>
  decide(
    [boundedItem(item)],
    snapshotWith(autonomyWith({ ...change, acting: { version: 4, cuts, ...change.acting } }), {
      version: 3,
      threshold: floor,
    }),
  )[0]!.verdict
const kappa = (item: ItemChange, change: AutonomyChange = {}) => {
  const { act, clear } = decided(item, change).kappa
  return [act, clear]
}

test('a case is held by the strictest cut at or beyond whose threshold its score lies, on its own side alone', () => {
  assert.deepEqual(kappa({ p: 1 }), [63, -1])
  assert.deepEqual(kappa({ p: 0.01 }), [-1, 63])
  // 1.1^-6 of 100 are 56.4 cases, so that cut 6 begins at .44 and cut 7 (52 cases) at .49; cut 8 (47) at .54.
  assert.deepEqual(
    [6, 7, 8].map(cut => cuts.act!.thresholds[cut]),
    [0.44, 0.49, 0.54],
  )
  assert.deepEqual(kappa({ p: 0.54 }), [8, -1])
  assert.deepEqual(kappa({ p: 0.5399999 }), [7, -1])
})

test('of cuts that begin at the same score the strictest one holds what ties with it', () => {
  const tied = cutsOf(Float64Array.from({ length: 100 }, (_, i) => (i < 40 ? 0.2 : 0.9)))
  const at = (p: number) => kappa({ p }, { acting: { cuts: tied } })
  assert.deepEqual(at(0.9), [63, -1])
  assert.deepEqual(at(0.8999999), [5, -1])
  assert.deepEqual(at(0.2), [-1, 63])
})

test("the operator's threshold ends every cut: acts at and above it, clears below", () => {
  assert.deepEqual(kappa({ p: floor }), [7, -1])
  assert.deepEqual(kappa({ p: 0.4999999 }), [-1, 7])
  for (const p of [0, 0.2, 0.49]) assert.equal(kappa({ p })[0], -1)
  for (const p of [0.5, 0.8, 1]) assert.equal(kappa({ p })[1], -1)
})

test('a case that misses a further condition of the action is in no cut of it', () => {
  const at = (interval: Interval, p = 0.9) => {
    const autonomy = autonomyWith({ acting: { version: 4, cuts } })
    const sides = { ...autonomy.sides, act: { ...autonomy.sides.act!, action: narrowAct } }
    const snapshot = snapshotWith({ ...autonomy, sides } as typeof autonomy, { version: 3, threshold: floor })
    return decide([boundedItem({ p, interval })], snapshot)[0]!.verdict.kappa.act
  }
  const inside = kappa({ p: 0.9 })[0]
  assert.equal(at(bounds(0.8, 0.95)), inside)
  assert.equal(at(bounds(0.5, 0.69)), inside)
  assert.equal(at(bounds(0.75, 0.95)), -1, 'as wide as .2')
  assert.equal(at(bounds(0.49, 0.6)), -1, 'a lower bound below the threshold')
  assert.equal(at(boundedItem().interval), -1, 'no interval')
})

test('without a score, without cuts and where its version is not loaded a case is in no cut', () => {
  assert.deepEqual(kappa({ p: null, cannot: 'missing_feature' }), [-1, -1])
  assert.deepEqual(kappa({ p: 0.9 }, { acting: { cuts: { act: null, clear: null } } }), [-1, -1])
  const absent = decided({ p: 0.9 }, { acting: { serves: false, model: null } })
  assert.deepEqual([absent.kappa, absent.actingVersion], [{ act: -1, clear: -1 }, 4])
})

test('no model and no such side: nothing is said', () => {
  const unmodelled = decide([boundedItem({ p: 0.9 })], snapshotWith({ ...autonomyWith(), acting: null }))[0]!.verdict
  assert.deepEqual([unmodelled.kappa, unmodelled.actingVersion], [{ act: null, clear: null }, null])
  const one = { ...customerOps.questions[0], actions: { clear: clear! } }
  const autonomy = autonomyWith({ acting: { version: 4, cuts } }, one)
  const { kappa: found } = decide([boundedItem({ p: 0.1 })], snapshotWith(autonomy))[0]!.verdict
  assert.deepEqual([found.act, found.clear! > 20], [null, true])
})

test('what a rule scored is of its version and in no record', () => {
  const item = boundedItem({ p: 0.9, cannot: 'no_model' })
  const byRule = { ...item, score: { ...item.score, modelVersion: null, modelDigest: null }, ruleVersion: 12 }
  const { kappa: found, actingVersion } = decide([byRule], snapshotWith(autonomyWith({ acting: { cuts } })))[0]!.verdict
  assert.deepEqual([found, actingVersion], [{ act: null, clear: null }, 12])
})

test('whatever becomes of a case, it is held by the same cut', () => {
  const expected = kappa({ p: 0.9 })
  const certificate = region({ cut: 10, threshold: 0.6 })
  for (const change of [
    { act: { certificate } },
    { act: { certificate }, draws: { audit: 0 } },
    { act: { certificate, suspended: true } },
    { act: { mode: 'stopped' } },
    { act: { mode: 'dry_run' } },
    { act: { gate: 'threshold' } },
    { act: { certificate }, room: () => 0 },
  ] as const)
    assert.deepEqual(kappa({ p: 0.9 }, change), expected, JSON.stringify(change))
  assert.deepEqual(kappa({ p: 0.9, cannot: 'error' }), expected)
})

test('what comes too late to be settled by itself is in no cut, whatever its score', () => {
  const late = { ...customerOps, lateAfterMs: 10 }
  const snapshot = snapshotWith(autonomyWith({ acting: { cuts } }), { version: 3, threshold: floor })
  const verdict = (agoMs: number, p: number) => {
    const item = { ...boundedItem({ p, pod: late }), occurredAt: new Date(noon.getTime() - agoMs) }
    return decide([item], snapshot)[0]!.verdict
  }
  assert.deepEqual([verdict(11, 0.9).kappa, verdict(11, 0.9).reason], [{ act: -1, clear: -1 }, 'late'])
  assert.deepEqual(verdict(11, 0.1).kappa, { act: -1, clear: -1 })
  assert.ok(verdict(10, 0.9).kappa.act! > 20 && verdict(10, 0.1).kappa.clear! > 20)
})
