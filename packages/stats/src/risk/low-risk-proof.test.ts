import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { observeLowRisk, startLowRiskProof } from './low-risk-proof.ts'

const budget = { epsilon: 0.1, delta: 0.05 }

test('a clean record proves itself, a record at the budget hardly ever does: at most 5 % + 3.7 SE of 400', () => {
  const draw = rng('low-risk')
  const proven = (rate: number, probability: number, acts: number) => {
    let proof = answered(startLowRiskProof(budget, probability))
    for (let i = 0; i < acts && !proof.proven; i++) {
      const loss = draw.uniform() < rate ? 1 : 0
      proof = observeLowRisk(proof, loss, { probability, audited: draw.uniform() < probability })
    }
    return proof.proven
  }
  assert.equal(proven(0.02, 1, 500), true)
  assert.equal(proven(0.02, 0.5, 3000), true)
  let wrongly = 0
  for (let run = 0; run < 400; run++) if (proven(0.1, 0.5, 300)) wrongly++
  assert.ok(wrongly / 400 <= 0.05 + 3.7 * Math.sqrt((0.05 * 0.95) / 400), `${wrongly}`)
})

test('no bet can go bankrupt: the worst act leaves every process above 0', () => {
  for (const probability of [1, 0.3, 0.02]) {
    const proof = observeLowRisk(answered(startLowRiskProof(budget, probability)), 1, { probability, audited: true })
    assert.ok(proof.logs.every(Number.isFinite))
  }
})

test('budgets and probabilities outside their ranges are refused or thrown', () => {
  assert.equal(codeOf(startLowRiskProof({ epsilon: 1, delta: 0.1 })), 'out_of_range')
  assert.equal(codeOf(startLowRiskProof(budget, 0)), 'out_of_range')
  const proof = answered(startLowRiskProof(budget, 0.5))
  assert.throws(() => observeLowRisk(proof, 0, { probability: 0.4, audited: true }), RangeError)
  assert.throws(() => observeLowRisk(proof, 2), RangeError)
})
