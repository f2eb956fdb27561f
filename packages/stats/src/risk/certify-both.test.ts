import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { type CertifiedActions, certifiedAction, certifyBoth } from './certify-both.ts'
import { certifyThreshold } from './certify-threshold.ts'
import { certifyMissBudget } from './miss-budget.ts'

const draw = rng('certify-both')
const p = Float64Array.from({ length: 4000 }, () => draw.uniform() ** 2)
const y = Uint8Array.from(p, value => (draw.uniform() < value ? 1 : 0))
const [yes, no, miss] = [
  { epsilon: 0.1, delta: 0.05 },
  { epsilon: 0.02, delta: 0.05 },
  { beta: 0.05, delta: 0.05 },
]

test('each side is what it is by itself, and the stricter of the two budgets of clearing counts', () => {
  const both = certifyBoth(p, y, { yes, no, miss })
  assert.deepEqual(both.yes, certifyThreshold(p, y, { ...yes, side: 'yes' }))
  assert.deepEqual(both.no, certifyThreshold(p, y, { ...no, side: 'no' }))
  assert.deepEqual(both.miss, certifyMissBudget(p, y, 0.05, 0.05))
  assert.ok(both.yes.ok && both.no.ok && both.miss?.ok)
  assert.equal(certifiedAction(both, 1), 'yes')
  assert.equal(certifiedAction(both, 0), 'no')
  const limit = Math.min(both.no.threshold, both.miss.below)
  assert.equal(certifiedAction(both, limit - 1e-9), 'no')
  assert.equal(certifiedAction(both, Math.max(both.no.threshold, both.miss.below) + 1e-9), 'ask')
  assert.equal(certifiedAction(both, limit + 1e-9), 'ask')
})

test('a refused budget means asking, and so does a score both sides claim', () => {
  const refused = certifyBoth(p.subarray(0, 20), y.subarray(0, 20), { yes, no, miss })
  for (const score of [0, 0.5, 1]) assert.equal(certifiedAction(refused, score), 'ask')
  const both = certifyBoth(p, y, { yes, no })
  assert.ok(both.yes.ok && both.no.ok)
  const crossed: CertifiedActions = { ...both, no: { ...both.no, threshold: 1 } }
  assert.equal(certifiedAction(crossed, 1), 'ask')
})
