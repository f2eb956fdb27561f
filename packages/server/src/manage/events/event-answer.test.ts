import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Decision, type Evaluation, findingView, mainAlone, withoutInterval } from '@surety/contract'
import { batchText, refusalText, resultText } from './event-answer.ts'
import { decisionShown, type Recorded } from './lead-answer.ts'

const at = new Date('2026-03-10T12:00:00.250Z')
const decision = (change: Partial<Decision> = {}): Decision => ({
  id: '0190b2f0-0000-7000-8000-000000000001',
  tenant: 'acme',
  pod: 'customer-ops',
  caseId: 'L1',
  subject: 'L1',
  eventId: 'e "1"',
  occurredAt: at,
  recordedAt: at,
  schemaHash: '0123456789abcdef',
  features: [0.7],
  enrichment: { intent: 'quote' },
  score: { probability: 0.1 + 0.2, modelVersion: 3, modelDigest: 'a'.repeat(64), notes: [] },
  interval: withoutInterval('no_calibration'),
  ...mainAlone,
  policyVersion: 1,
  threshold: 0.5,
  action: 'follow_up',
  mode: 'acting',
  gate: 'certified',
  automatic: true,
  propensity: 1,
  state: 'acted',
  reason: 'certified_no',
  certificate: '0190b2f0-0000-7000-8000-000000000002',
  audited: false,
  ...change,
})
const recorded = (decisions: readonly Decision[], change: Partial<Recorded> = {}): Recorded => ({
  status: 'recorded',
  kind: 'lead.created',
  eventId: 'e "1"',
  caseId: 'L1',
  recordedAt: at,
  decisions,
  decision: decisions.find(({ question }) => question === 'main') ?? null,
  outcome: null,
  ignored: [],
  ...change,
})

const finding: Evaluation = {
  code: 'late "x"',
  family: 'shift',
  about: '',
  fired: true,
  severity: 'HIGH',
  confidence: 0.5,
  value: 3,
  limit: 2,
  evidence: { minutes: 12 },
}

/** The wire as it is promised: one object, written as a whole. */
const whole = (result: Recorded) => ({
  event_id: result.eventId,
  status: result.status,
  ...(result.status === 'duplicate' ? { duplicate: true } : {}),
  case_id: result.caseId,
  recorded_at: result.recordedAt.toISOString(),
  decision: result.decision === null ? null : decisionShown(result.decision),
  decisions: result.decisions.map(one => ({ question: one.question, ...decisionShown(one) })),
  ...(result.findings !== undefined && { findings: result.findings.map(findingView) }),
  outcome: result.outcome,
  ignored_fields: result.ignored,
})

const all: readonly Recorded[] = [
  recorded([decision()]),
  recorded([
    decision(),
    decision({ question: 'is it "real"?', state: 'queued', reason: 'uncertain', automatic: false }),
  ]),
  recorded([decision({ question: 'real', certificate: null }), decision()], { status: 'duplicate' }),
  recorded([decision({ question: 'real' })], { ignored: ['a "b"', '\u2028'] }),
  recorded([], { findings: [] }),
  recorded([decision()], { findings: [finding, { ...finding, about: 'device:D1' }] }),
  recorded([], { caseId: null, outcome: { outcome: 'booked', label: 1 }, status: 'duplicate' }),
]

test('the text of an answer is byte for byte that of the whole object', () => {
  for (const result of all) assert.equal(resultText(result), JSON.stringify(whole(result)))
  const refused = { event_id: null, status: 'rejected', code: 'validation_failed', detail: 'no "id"' }
  const errors = [{ path: 'data', code: 'invalid', message: 'm' }]
  const refusals = [
    refusalText(null, 'validation_failed', 'no "id"', []),
    refusalText(null, 'validation_failed', 'no "id"', errors),
  ]
  const items = [...all.map(whole), refused, { ...refused, errors }]
  assert.equal(batchText([...all.map(one => resultText(one)), ...refusals]), JSON.stringify({ items, next: null }))
  assert.equal(batchText([]), JSON.stringify({ items: [], next: null }))
})

test('each decision is written once, though that of main stands in two places', () => {
  let written = 0
  const counted = (question: string): Decision => {
    const interval = { ...withoutInterval('no_calibration') }
    const read = (): string => {
      written++
      return 'no_calibration'
    }
    Object.defineProperty(interval, 'reason', { get: read, enumerable: true })
    return decision({ question, interval })
  }
  resultText(recorded([counted('main'), counted('real')]))
  assert.equal(written, 2)
})

test('of a case that is to be judged unseen nothing tells what was decided, whatever it was', () => {
  const told = [
    recorded([decision({ hung: 'raised', reason: 'above_threshold_certified' })], { status: 'duplicate' }),
    recorded(
      [
        decision({
          hung: 'joined',
          state: 'queued',
          reason: 'uncertain',
          score: { ...decision().score, probability: null },
        }),
      ],
      {
        status: 'duplicate',
      },
    ),
  ].map(one => JSON.parse(resultText(one, new Set(['L1']))))
  assert.deepEqual(told[0], told[1])
  const { state, reason, threshold, interval, certified, mode } = told[0].decision
  assert.deepEqual(
    [state, reason, threshold, interval, certified, mode],
    ['withheld', 'withheld', null, null, null, 'withheld'],
  )
})
