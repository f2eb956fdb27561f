import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Interval } from '@surety/contract'
import { customerOps } from '@surety/pod-customer-ops'
import type { Bound, Calibration, ServingModel, Verdict } from '../item.ts'
import { decide } from './decide.ts'
import {
  type AutonomyChange,
  autonomyWith,
  boundedItem,
  bounds,
  day,
  type ItemChange,
  noon,
  region,
  snapshotWith,
} from './testing/bounded-item.ts'

/** The newest version serves, an earlier one is acted on; the operator's threshold is .7. */
const older: ServingModel = {
  version: 3,
  digest: 'older',
  score: () => ({ probability: null, notes: [], cannot: null }),
}
const said = (probability: number | null, more: Partial<Bound> = {}): Bound => ({
  score: { probability, modelVersion: 3, modelDigest: 'older', notes: [] },
  cannot: probability === null ? 'missing_feature' : null,
  interval: bounds(0.6, 0.95),
  ...more,
})
const calibration = (refreshedAt: number): Calibration => ({
  version: 1,
  size: 100,
  score: null,
  scores: new Float64Array(0),
  p0: new Float64Array(0),
  p1: new Float64Array(0),
  radii: [],
  limits: [null, null],
  refreshedAt,
})
const cuts = {
  act: { side: 'yes' as const, thresholds: Array.from({ length: 64 }, (_, k) => k / 64) },
  clear: { side: 'no' as const, thresholds: Array.from({ length: 64 }, (_, k) => 1 - k / 64) },
}
const certified: AutonomyChange = {
  act: { certificate: region({ cut: 51, threshold: 51 / 64 }) },
  clear: { certificate: region({ id: 'C2', cut: 44, threshold: 1 - 44 / 64 }) },
}
function decided(item: ItemChange, change: AutonomyChange = certified, acting: AutonomyChange['acting'] = {}): Verdict {
  const autonomy = autonomyWith({ ...change, acting: { version: 3, serves: false, model: older, cuts, ...acting } })
  return decide([boundedItem(item)], snapshotWith(autonomy))[0]!.verdict
}
const short = ({ state, reason, certificate }: Verdict) => [state, reason, certificate]

test('what is done by a certificate is done by the score of the version that is acted on', () => {
  assert.deepEqual(short(decided({ p: 0.2, acting: said(0.9) })), ['acted', 'above_threshold_certified', 'C1'])
  assert.deepEqual(short(decided({ p: 0.99, acting: said(0.1) })), ['suppressed', 'certified_no', 'C2'])
  const unsure = decided({ p: 0.99, acting: said(0.75) })
  assert.deepEqual(short(unsure), ['queued', 'uncertain', null])
  assert.deepEqual(unsure.whyNot, [{ code: 'uncertain', value: 0.75, limit: 51 / 64 }])
  assert.deepEqual(unsure.kappa, { act: 48, clear: -1 })
  assert.equal(unsure.actingVersion, 3)
})

test('a process that has not loaded it asks, on the side that the model it has sees', () => {
  for (const p of [0.99, 0.01]) {
    const absent = decided({ p }, certified, { model: null })
    assert.deepEqual(short(absent), ['queued', 'not_certified', null])
    const { act, clear } = customerOps.questions[0].actions
    assert.equal(absent.action, (p > 0.5 ? act : clear)!.name)
  }
})

test('where it cannot score a case, or its calibrator is stale, a person is asked, whatever the other model says', () => {
  assert.deepEqual(short(decided({ p: 0.99, acting: said(null) })), ['queued', 'missing_feature', null])
  const stale = { calibration: calibration(noon.getTime() - 31 * day) }
  assert.deepEqual(short(decided({ p: 0.99, acting: said(0.9) }, certified, stale)), [
    'queued',
    'stale_calibrator',
    null,
  ])
  // That of the model that serves bounds what is shown; nothing is done by it.
  const fresh = { calibration: calibration(noon.getTime()) }
  const change = { ...certified, calibration: stale.calibration }
  assert.equal(decided({ p: 0.99, acting: said(0.9) }, change, fresh).state, 'acted')
  assert.equal(decided({ p: null, cannot: 'missing_feature', acting: said(0.9) }).state, 'acted')
})

test('the plain rule goes by the model that serves', () => {
  const rule: AutonomyChange = { act: { gate: 'threshold' }, clear: { gate: 'threshold' } }
  assert.deepEqual(short(decided({ p: 0.9, acting: said(0.1) }, rule)), ['acted', 'threshold_mode', null])
  assert.deepEqual(short(decided({ p: 0.1, acting: said(0.9) }, rule)), ['suppressed', 'below_threshold', null])
  assert.equal(decided({ p: 0.9, acting: said(null) }, rule).state, 'acted', 'it needs no other score')
})

test('where one side goes by the plain rule, the other model must see the case on that side too', () => {
  const mixed: AutonomyChange = { act: { gate: 'threshold' }, clear: certified.clear! }
  assert.equal(decided({ p: 0.9, acting: said(0.9) }, mixed).reason, 'threshold_mode')
  assert.deepEqual(short(decided({ p: 0.9, acting: said(0.1) }, mixed)), ['suppressed', 'certified_no', 'C2'])
  const torn = decided({ p: 0.1, acting: said(0.9) }, mixed)
  assert.deepEqual(short(torn), ['queued', 'above_ask_line', null])
  assert.deepEqual(torn.whyNot, [{ code: 'above_ask_line', value: 0.1, limit: 0.7 }])
})

test('a cut of a record is one of the score, conditions are held against the bounds of the version that is acted on', () => {
  const { act } = customerOps.questions[0].actions
  const at = (interval: Interval, p = 0.9) => {
    const autonomy = autonomyWith({ ...certified, acting: { version: 3, serves: false, model: older, cuts } })
    const action = { ...act!, conditions: { on: 'lower_bound', narrow: true } as const }
    const sides = { ...autonomy.sides, act: { ...autonomy.sides.act!, action } } as typeof autonomy.sides
    const item = boundedItem({ p: 0.99, interval: bounds(0.1, 0.9), acting: said(p, { interval }) })
    return decide([item], snapshotWith({ ...autonomy, sides }))[0]!.verdict
  }
  // Its lower bound lies below the certified cut, its score does not.
  assert.equal(at(bounds(0.75, 0.93)).state, 'acted')
  assert.equal(at(bounds(0.65, 0.8)).reason, 'interval_crosses_threshold')
  assert.equal(at(bounds(0.72, 0.93)).reason, 'interval_wide')
  assert.equal(at(bounds(0.75, 0.93), 0.78).reason, 'uncertain')
})

test('a case unlocks the next certificate by the score that its record counts', () => {
  const waiting: AutonomyChange = { act: { unlocksFrom: 0.8 } }
  assert.equal(decided({ p: 0.1, acting: said(0.85) }, waiting).review?.unlocks, true)
  assert.equal(decided({ p: 0.9, acting: said(0.75) }, waiting).review?.unlocks, false)
})
