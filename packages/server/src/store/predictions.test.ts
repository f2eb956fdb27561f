import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { predictionsDigest, type ShownPrediction } from './predictions.ts'

const said: ShownPrediction = {
  role: 'acting',
  model_version: 1_730_483_801,
  model_digest: 'ab'.repeat(32),
  probability: 0.9002495108803148,
  cannot: null,
  lower: 0.85,
  upper: 0.95,
  calibration_size: 412,
  calibrated_probability: 0.9,
  calibration_score: 0.97,
  calibrator: 3,
}

test('the digest of what others said is that of the text that docs/receipts.md states', () => {
  const text = `[["surety.prediction/1","acting",1730483801,"${'ab'.repeat(32)}",0.9002495108803148,null,0.85,0.95,412,0.9,0.97,3]]`
  assert.equal(predictionsDigest([said]), createHash('sha256').update(text).digest('hex'))
  // Receipts that were given out hold for ever: this is what the first of them said.
  assert.equal(predictionsDigest([said]), 'ad02578fe098dd799e20553fcc8a96110f2e0a304ec8b20f15f3df7153e2989b')
})

test('whatever is said otherwise has another digest', () => {
  const digests = new Set([predictionsDigest([]), predictionsDigest([said]), predictionsDigest([said, said])])
  for (const name of Object.keys(said)) digests.add(predictionsDigest([{ ...said, [name]: 'other' }]))
  assert.equal(digests.size, 3 + Object.keys(said).length)
})
