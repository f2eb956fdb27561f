import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Action, type Interval, pod, withoutInterval } from '@surety/contract'
import { customerOps } from '@surety/pod-customer-ops'
import { buildCalibrator } from '../../manage/autonomy/build-calibrator.ts'
import { toCalibration } from '../../manage/autonomy/calibrator-body.ts'
import { boundsOf } from '../interval/interval.ts'
import type { CertifiedRegion } from '../item.ts'
import { decide } from './decide.ts'
import { autonomyWith, boundedItem, bounds, noon, region, snapshotWith } from './testing/bounded-item.ts'

// A pod that opens tickets: it acts on the lower bound of a narrow interval, from .60 on, and logs what is below.
const ticket: Action = {
  ...customerOps.questions[0].actions.act!,
  name: 'fraud_ticket',
  alpha: 0.1,
  reversible: true,
  capPerHour: 20,
  conditions: { on: 'lower_bound', narrow: true },
}
const log: Action = {
  ...customerOps.questions[0].actions.clear!,
  name: 'log_only',
  byRule: { state: 'logged', reason: 'below_threshold' },
}
const guards = pod({
  ...customerOps,
  hasContacts: false,
  questions: [{ ...customerOps.questions[0], threshold: 0.6, actions: { act: ticket, clear: log } }],
})

const ended = (p: number, interval: Interval, certificate: CertifiedRegion | null) => {
  const autonomy = autonomyWith({ act: { certificate }, clear: { gate: 'threshold' } }, guards.questions[0])
  const snapshot = snapshotWith(autonomy, { version: 1, threshold: 0.6 })
  return decide([boundedItem({ p, interval, pod: guards })], snapshot)[0]!.verdict
}
const codes = ({ state, whyNot }: ReturnType<typeof ended>) => [state, ...whyNot.map(note => note.code)]

test('fact 47: 38 of 40 right at .9, certified at .90: a ticket; the same without a certificate: asked, not_certified', () => {
  const rows = Array.from({ length: 40 }, (_, k) => {
    return { probability: 0.9, label: k < 38 ? (1 as const) : (0 as const), source: 'live' }
  })
  const built = buildCalibrator(rows)
  assert.ok(built.ok)
  const interval = boundsOf(toCalibration({ version: 1, n: built.n, builtAt: noon, body: built.body }), 0.9)
  const certificate = region({ threshold: 0.9 })
  const acted = ended(0.9, interval, certificate)
  assert.deepEqual([acted.state, acted.reason, acted.automatic], ['acted', 'above_threshold_certified', true])
  const asked = ended(0.9, interval, null)
  assert.deepEqual([asked.reason, ...codes(asked)], ['not_certified', 'queued', 'not_certified'])
})

test('fact 48: p .85 [.62, .91] is too wide', () => {
  const found = ended(0.85, bounds(0.62, 0.91), region({ threshold: 0.6 }))
  assert.deepEqual([found.reason, ...codes(found)], ['interval_wide', 'queued', 'interval_wide'])
  assert.deepEqual([found.whyNot[0]?.value, found.whyNot[0]?.limit], [0.29, 0.2])
})

test('fact 48: p .70 [.58, .74] at threshold .60 crosses it', () => {
  const found = ended(0.7, bounds(0.58, 0.74), region({ threshold: 0.6 }))
  assert.equal(found.reason, 'interval_crosses_threshold')
  assert.deepEqual(codes(found), ['queued', 'interval_crosses_threshold', 'uncertain'])
  assert.deepEqual([found.whyNot[0]?.value, found.whyNot[0]?.limit], [0.58, 0.6])
})

test('fact 48: p .72 without an interval', () => {
  const found = ended(0.72, withoutInterval('no_calibration'), region({ threshold: 0.6 }))
  assert.deepEqual([found.reason, ...codes(found)], ['no_interval', 'queued', 'no_interval'])
})

test('fact 48: p .55 [.50, .58] is logged', () => {
  const found = ended(0.55, bounds(0.5, 0.58), region({ threshold: 0.6 }))
  assert.deepEqual([found.state, found.automatic], ['logged', true])
})

test('every failing condition is named, not only the first', () => {
  const found = ended(0.7, bounds(0.5, 0.74), null)
  assert.deepEqual(codes(found), ['queued', 'interval_wide', 'interval_crosses_threshold', 'not_certified'])
})

test('the certificate is compared with the lower bound, and a lower bound of .60 is enough', () => {
  assert.equal(ended(0.7, bounds(0.6, 0.74), region({ threshold: 0.6 })).state, 'acted')
  const above = ended(0.95, bounds(0.85, 0.97), region({ threshold: 0.9 }))
  assert.deepEqual(above.whyNot, [{ code: 'uncertain', value: 0.85, limit: 0.9 }])
})
