import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Explanation, intervalView, withoutInterval } from '@surety/contract'
import { Problem } from '../errors.ts'
import { explain } from './explain.ts'

const ended = { state: 'queued', reason: 'uncertain', reason_text: 'The score lies in neither certified region.' }
const found: Explanation = {
  id: 'D1',
  case_id: 'L1',
  pod: 'customer-ops',
  recorded_at: '2026-03-10T12:00:00.000Z',
  final: ended,
  decided: {
    ...ended,
    action: 'start_followup',
    side: 'act',
    automatic: false,
    mode: 'acting',
    gate: 'certified',
    propensity: 1,
    audited: false,
    certificate: null,
    policy_version: 2,
    threshold: 0.7,
    model_version: 1,
    model_digest: 'd',
    would_have_been: null,
  },
  transitions: [{ at: '2026-03-10T13:00:00.000Z', from: 'queued', ...ended, actor: 'key:k1' }],
  probability: 0.68,
  interval: intervalView(withoutInterval('no_calibration'), 0.68),
  why_not_automatic: [{ code: 'uncertain', sentence: 'x.', value: 0.68, limit: 0.74, distance: 0.06, features: [] }],
  distance: {
    threshold: 0.7,
    to_threshold: -0.02,
    certified_cut: 0.74,
    certified_below: null,
    to_certified: -0.06,
    certificate: 'C1',
  },
  would_flip: ['A probability of .74 or more instead of .68.'],
  single_changes: [{ feature: 'intent', from: 'info', way: 'one_of', values: ['quote'] }],
  explanation: {
    available: true,
    sentence: 'Contributions are measured from the average training row.',
    method: 'linear_shap',
    unit: 'log-odds',
    baseline: 'training_mean',
    base: 0.1,
    margin: 0.754,
    probability: 0.68,
    features: [{ feature: 'score', value: 0.8, contribution: 0.6, direction: 'associated with a higher probability' }],
    rest: 0.054,
  },
}

async function run(args: readonly string[], answer: () => Promise<Explanation> = async () => found) {
  const out: string[] = []
  const err: string[] = []
  const code = await explain(args, { out: line => out.push(line), err: line => err.push(line), explain: answer })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

test('an explanation is printed for people, with what failed, what would flip it and what the score is made of', async () => {
  const { code, out } = await run(['D1', '--tenant', 'acme'])
  assert.equal(code, 0)
  for (const line of [
    'Case L1 of customer-ops, decided 2026-03-10T12:00:00.000Z: queued.',
    'Probability 0.68, no bounds (no_calibration), threshold 0.7, certified cut 0.74.',
    '  uncertain: x. (0.68, limit 0.74, 0.06 away)',
    '  A probability of .74 or more instead of .68.',
    '  intent: one of quote instead of info',
    '  +0.600  score = 0.8, associated with a higher probability',
    '  2026-03-10T13:00:00.000Z  queued -> queued (uncertain) by key:k1',
  ])
    assert.ok(out.split('\n').includes(line), line)
})

test('for machines it is one line of JSON', async () => {
  const { out } = await run(['D1', '--tenant', 'acme', '--json'])
  assert.deepEqual(JSON.parse(out), JSON.parse(JSON.stringify(found)))
})

test('what is withheld or unknown is refused in one sentence; a missing tenant is usage', async () => {
  const refused = await run(['D1', '--tenant', 'acme'], () => Promise.reject(new Problem('withheld_until_answered')))
  assert.deepEqual([refused.code, refused.out], [3, ''])
  assert.match(refused.err, /without the opinion/)
  assert.equal((await run(['D1'])).code, 2)
  assert.equal((await run(['--help'])).code, 0)
})
