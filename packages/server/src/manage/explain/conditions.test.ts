import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Decision, mainAlone, type Note, reasonSentences, withoutInterval } from '@surety/contract'
import { conditionsOf, wouldHaveBeen } from './conditions.ts'
import { share, wouldFlip } from './would-flip.ts'

const at = new Date('2026-03-10T12:00:00Z')
const decision = (
  change: Partial<Decision>,
  notes: readonly Note[] = [],
  probability: number | null = 0.68,
): Decision => ({
  ...mainAlone,
  id: 'D1',
  tenant: 'acme',
  pod: 'customer-ops',
  caseId: 'L1',
  subject: 'L1',
  eventId: 'L1',
  occurredAt: at,
  recordedAt: at,
  schemaHash: 'x',
  features: [],
  enrichment: {},
  score: { probability, modelVersion: 1, modelDigest: 'd', notes },
  interval: withoutInterval('no_calibration'),
  policyVersion: 0,
  threshold: 0.7,
  action: 'start_followup',
  mode: 'acting',
  gate: 'certified',
  automatic: false,
  propensity: 1,
  state: 'queued',
  reason: 'not_certified',
  certificate: null,
  audited: false,
  ...change,
})
const lack = { code: 'too_few_labels', have: 22, need: 59, from: 0.7, sentence: 'Too few.' }
const flips = (found: Decision, side: 'act' | 'clear' = 'act', lacking: typeof lack | null = null) =>
  wouldFlip({ decision: found, conditions: conditionsOf(found, lacking), lack: lacking, side })

test('what was done by itself has nothing in its way', () => {
  assert.deepEqual(conditionsOf(decision({ automatic: true, state: 'acted' }), null), [])
})

test('every failing condition is named once, the reason first, with value, limit and distance', () => {
  const found = conditionsOf(
    decision({ reason: 'interval_wide' }, [
      { code: 'missing_feature', features: ['attr.age'] },
      { code: 'interval_wide', value: 0.29, limit: 0.2 },
      { code: 'not_certified' },
    ]),
    lack,
  )
  assert.deepEqual(found, [
    { code: 'interval_wide', sentence: reasonSentences.interval_wide, value: 0.29, limit: 0.2, distance: 0.09 },
    { code: 'not_certified', sentence: reasonSentences.not_certified, value: 22, limit: 59, distance: 37 },
  ])
})

test('a remark is a condition where it is the reason', () => {
  const [found] = conditionsOf(
    decision({ reason: 'missing_feature' }, [{ code: 'missing_feature', features: ['a', 'b'] }]),
    null,
  )
  assert.deepEqual([found?.code, found?.features], ['missing_feature', ['a', 'b']])
  assert.deepEqual(
    flips(decision({ reason: 'missing_feature' }, [{ code: 'missing_feature', features: ['a', 'b'] }])),
    ['A value for a, b.'],
  )
})

test('a dry run says what it would have done, and what would have stood in its way', () => {
  const notes: Note[] = [{ code: 'not_certified', detail: 'would have been queued' }, { code: 'not_certified' }]
  const asked = decision({ mode: 'dry_run', state: 'suppressed', reason: 'dry_run' }, notes)
  assert.deepEqual(wouldHaveBeen(asked), { state: 'queued', reason: 'not_certified' })
  assert.deepEqual(
    conditionsOf(asked, null).map(one => one.code),
    ['dry_run', 'not_certified'],
  )
  const done = decision({ mode: 'dry_run', state: 'suppressed', reason: 'dry_run' }, [
    { code: 'above_threshold_certified', detail: 'would have been acted' },
  ])
  assert.deepEqual(
    conditionsOf(done, null).map(one => one.code),
    ['dry_run'],
  )
  assert.equal(wouldHaveBeen(decision({})), null)
})

test('what would flip it is a plain fact with its numbers', () => {
  assert.deepEqual(flips(decision({}), 'act', lack), [
    'A certificate for start_followup: 37 more outcomes with p >= .70 are needed.',
  ])
  assert.deepEqual(flips(decision({})), [
    'A certificate for start_followup: what it lacks has not been looked at for this model yet.',
  ])
  assert.deepEqual(flips(decision({}), 'act', { ...lack, code: 'error_too_high', sentence: 'Too many were wrong.' }), [
    'A certificate for start_followup. Too many were wrong.',
  ])
  const uncertain = decision({ reason: 'uncertain' }, [{ code: 'uncertain', value: 0.68, limit: 0.74 }])
  assert.deepEqual(flips(uncertain), ['A probability of .74 or more instead of .68.'])
  const no = decision({ reason: 'uncertain' }, [{ code: 'uncertain', value: 0.4, limit: 0.12 }])
  assert.deepEqual(flips(no, 'clear'), ['A probability of .12 or less instead of .40.'])
})

test('two numbers that differ never read the same', () => {
  assert.deepEqual([share(0.6996, 0.7), share(0.7, 0.6996)], ['.6996', '.7000'])
  assert.deepEqual([share(0.74, 0.68), share(1, 0.5)], ['.74', '1.00'])
})

test('every reason with which something is asked has a fact or a number behind it', () => {
  const asked = [
    'no_model',
    'no_score',
    'enrichment_off',
    'stale_calibrator',
    'capped',
    'suspended_by_tripwire',
    'mode_asking',
    'blind_audit',
    'no_interval',
    'error',
    'followups_off',
  ] as const
  for (const reason of asked) assert.equal(flips(decision({ reason, propensity: 0.02 })).length, 1, reason)
})
